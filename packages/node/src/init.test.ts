import { afterEach, expect, it } from 'vitest';
import { close, init, tracing } from '@spanstream/node';

const dsn = 'http://00000000000000000000000000000000@127.0.0.1:9/1';

afterEach(() => close(0));

it('R34: a tunnel that is no URL is an error that names option and value', () => {
  expect(() => init({ dsn, tunnel: 'nonsense' })).toThrow(/tunnel .* "nonsense"/);
});

it("R28: only the very destination is the SDK's own, not its neighbours", () => {
  const client = init({ dsn, tunnel: 'https://app.example.com/t' });
  expect(client.isOwnUrl('https://app.example.com/t?x=1')).toBe(true);
  expect(client.isOwnUrl('https://app.example.com/tickets')).toBe(false);
});

it('R30: while tracing is off nothing is counted', () => {
  const client = init({ dsn, traceLifecycle: 'stream' });
  tracing.startSpan({ name: 'orphan', onlyIfParent: true }, () => tracing.startSpan({ name: 'child' }, () => {}));
  tracing.suppressTracing(() => tracing.startSpan({ name: 'suppressed' }, () => {}));
  expect(client.stats().started).toBe(0);
});

it('R34: null counts as no options', () => {
  expect(init(null as never).options.environment).toBe('production');
});
