import { startSpan } from '@spanstream/node';

/** The daily report: a callback instead of a span that is passed along. */
export function report(results) {
  return startSpan({ name: 'daily report', op: 'task' }, (span) => {
    const sold = results.filter(({ missing }) => missing.length === 0);
    const failed = results.filter(({ missing }) => missing.length > 0);
    const table = span.startChild({ op: 'template.render', description: 'render table' });
    const text = `${sold.length} sold, ${failed.length} not in stock`;
    table.setData('characters', text.length);
    table.finish();
    span.setData('sold', sold.length);
    return text;
  });
}
