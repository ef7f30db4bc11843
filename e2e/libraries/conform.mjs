import { writeSync } from 'node:fs';

/**
 * What the suite asks of each library, in a process of its own: the calls of `work` inside a span named `parent`, those of
 * `fail` inside one named `failing`, and after `close()` those of `work` once more, which must do the same and leave nothing.
 * @param {typeof import('@spanstream/node')} sdk
 * @param {any} scenario
 */
export async function conform(sdk, scenario) {
  const { tracing } = sdk;
  const context = { port: Number(process.env.SERVER_PORT), tracing, sdk };
  const state = (await scenario.start?.(context)) ?? {};
  await tracing.startSpan({ name: 'parent' }, () => scenario.work(state, context));
  if (scenario.fail !== undefined) await tracing.startSpan({ name: 'failing' }, () => scenario.fail(state, context)).catch(() => undefined);
  await scenario.settled?.(state, context);
  await sdk.close();
  const { started } = sdk.getClient().stats();
  await scenario.work(state, context);
  const later = sdk.getClient().stats().started - started;
  await scenario.stop?.(state, context);
  writeSync(1, `${JSON.stringify({ later })}\n`);
}

/** Remembers where it is called: the name of the active span. */
export function here({ tracing }) {
  return tracing.getActiveSpan()?.name;
}

/** Fails the scenario. */
export function expectSame(actual, expected, what) {
  if (JSON.stringify(actual) !== JSON.stringify(expected))
    throw new Error(`${what}: ${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`);
}
