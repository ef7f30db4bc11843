/** The same callbacks without any SDK: the floor under every figure. */
export const label = 'no SDK';

export async function create() {
  return {
    settleMs: 0,
    startActive: (_name, _attributes, callback) => callback(),
    startRoot: (_name, _attributes, callback) => callback(),
    startManual: () => undefined,
    startManualRoot: () => undefined,
    setAttribute() {},
    end() {},
    flush: async () => true,
    close: async () => true,
    stats: () => undefined,
  };
}
