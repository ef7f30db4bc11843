/** The spans as an indented list in the order of their starts: name, op, and whether they failed. */
export function formatSpans(spans) {
  const byStart = [...spans].sort((a, b) => a.start_timestamp - b.start_timestamp);
  const ids = new Set(byStart.map((span) => span.span_id));
  const below = (parent, indent) =>
    byStart
      .filter((span) => (parent === undefined ? !ids.has(span.parent_span_id) : span.parent_span_id === parent.span_id))
      .flatMap((span) => [`${indent}${formatSpan(span)}`, ...below(span, `${indent}  `)]);
  return below(undefined, '');
}

function formatSpan({ name, status, attributes }) {
  const op = attributes['sentry.op']?.value;
  return `${name}${op === undefined ? '' : ` [${op}]`}${status === 'error' ? ' error' : ''}`;
}
