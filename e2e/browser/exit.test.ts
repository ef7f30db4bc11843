import { beforeAll, describe, expect, test } from 'vitest';
import { engines, reasonToSkip } from './engines.mjs';
import { exitCases } from './exit-cases.mjs';
import { measureExits } from './measure-exits.mjs';

let measured: Awaited<ReturnType<typeof measureExits>>;
beforeAll(async () => {
  measured = await measureExits();
}, 600_000);

function resultOf(engine: string, caseName: string) {
  const { result, error } = measured.find((one) => one.engine === engine && one.exitCase.name === caseName)!;
  if (result === undefined) throw error;
  return result;
}

describe.each(engines)('R32: in $name no span is lost or sent twice', (engine) => {
  const isSkipped = reasonToSkip(engine) !== undefined;

  test.skipIf(isSkipped).each(exitCases)('$name', ({ name, created, refused = 0, lostAtEnd = 0 }) => {
    const result = resultOf(engine.name, name);
    expect(result).toMatchObject({ created, refused, duplicated: 0, stored: [], faults: [] });
    // Whether a page's very last request still goes out is the engine's affair.
    expect(result.lost).toBeLessThanOrEqual(lostAtEnd);
  });

  test.skipIf(isSkipped)('R28: a server without CORS headers gets what it would get without the SDK', () => {
    const { foreignRequests, told } = resultOf(engine.name, 'requests to a server without CORS headers');
    expect(told.find(({ answers }) => answers !== undefined && answers.length > 0)?.answers).toEqual([
      'opaque',
      expect.stringContaining('TypeError'),
    ]);
    expect(foreignRequests.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /no-cors', 'GET /cors']);
    const names = foreignRequests.flatMap(({ headers }) => Object.keys(headers));
    expect(names.filter((name) => /trace|baggage/.test(name))).toEqual([]);
  });
});
