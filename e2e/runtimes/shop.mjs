import { tracing } from '@spanstream/node/edge';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What is served in each runtime: two steps at a time, each with a request to another service and a span behind it. */
export async function answer(request, upstream) {
  const { pathname } = new URL(request.url);
  if (pathname === '/broken') throw new TypeError('the till is empty');
  const step = (name, ms) =>
    tracing.startSpan({ name: `${name} ${pathname}` }, async () => {
      await sleep(ms);
      await (await fetch(`${upstream}${pathname}/${name}`)).text();
      tracing.startSpan({ name: `after ${name} ${pathname}` }, () => {});
    });
  await Promise.all([step('slow', 9), step('fast', 2)]);
  {
    const block = tracing.startSpan({ name: `block ${pathname}` });
    tracing.startSpan({ name: `in block ${pathname}` }, () => {});
    block.end();
  }
  return new Response(`answer to ${pathname}`);
}
