/** The stations of packages/core/src, top to bottom: each may import itself and what stands below it. Neighbours in one row never meet. */
const ORDER = [['setup'], ['lifecycle'], ['stream', 'static'], ['options'], ['delivery'], ['wire'], ['trace'], ['context'], ['span']];

/** Contracts that any station may import. They in turn stay below the lifecycles. */
const CONTRACTS = ['platform', 'diagnostics', 'integration'];

const MODES = ['stream', 'static'];
const ENTRIES = ['index', 'testing'];

const CORE_PACKAGES = ['fetch-retry', '@sentry/conventions'];

const PLATFORM_GLOBALS = [
  'console process Buffer global require window self document navigator location localStorage',
  'setTimeout clearTimeout setInterval clearInterval setImmediate clearImmediate queueMicrotask',
  'requestAnimationFrame requestIdleCallback performance crypto fetch XMLHttpRequest Headers Request Response',
  'URL URLSearchParams TextEncoder TextDecoder AbortController AbortSignal Blob structuredClone atob btoa',
].flatMap((names) => names.split(' '));

/** Relative imports of a root-level file or a folder of core, e.g. `../stream/span-batcher.ts` or `./lifecycle.ts`. */
const station = (name) => `^(\\./|(\\.\\./)+)${name}(/|\\.ts$)`;

/** Stands last in each list: a negated pattern that matches ends the search. */
const onlyCorePackages = {
  group: ['*', '!./**', '!../**', ...CORE_PACKAGES.flatMap((name) => [`!${name}`, `!${name}/**`])],
  message: `core imports no package but ${CORE_PACKAGES.join(' and ')}`,
};

const noSiblingByPath = {
  regex: '^(\\.\\./)+(core|node|browser|opentelemetry|otlp|viewer|codemod)/',
  message: 'packages import each other by name',
};

function mayNotImport(name, banned) {
  const others = banned.map((other) => ({ regex: station(other), message: `${name} may not import ${other}: imports go downwards only` }));
  return {
    files: [`packages/core/src/${name}.ts`, `packages/core/src/${name}/**`],
    rules: { 'no-restricted-imports': ['error', { patterns: [noSiblingByPath, ...others, onlyCorePackages] }] },
  };
}

const aboveOrBeside = (name, row, index) => [...ORDER.slice(0, index).flat(), ...row.filter((other) => other !== name)];

/** The last entry that matches a file counts. Only the lifecycle knows both modes; the entries list what is exported and see everything. */
const importOrder = [
  mayNotImport('*', MODES),
  ...ORDER.flatMap((row, index) => row.map((name) => mayNotImport(name, aboveOrBeside(name, row, index)))),
  ...CONTRACTS.map((name) => mayNotImport(name, ['setup', 'lifecycle', ...MODES])),
  mayNotImport('setup', MODES),
  ...ENTRIES.map((name) => mayNotImport(name, [])),
];

export default {
  plugins: ['typescript', 'import', 'unicorn', 'oxc'],
  categories: { correctness: 'error' },
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: 'error' },
  ignorePatterns: ['**/dist/**', 'api/**', '**/node_modules/**'],
  rules: {
    'import/no-cycle': ['error', { ignoreTypes: false }],
    'typescript/consistent-type-imports': ['error', { disallowTypeAnnotations: true }],
    'typescript/no-explicit-any': 'error',
    'no-empty': 'error',
    'no-var': 'error',
    'prefer-const': 'error',
    eqeqeq: 'error',
    // It takes the copy of a collection that the loop changes for a useless one.
    'unicorn/no-useless-spread': 'off',
    // Interfaces here are written with methods, whose implementations often need no `this`.
    'typescript/unbound-method': 'off',
    // A callback's thenable passes through with its own methods (R7), so it is wrapped as one.
    'unicorn/no-thenable': 'off',
  },
  overrides: [
    {
      files: ['packages/*/src/**'],
      rules: {
        'no-console': 'error',
        'no-restricted-imports': ['error', { patterns: [noSiblingByPath] }],
        'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
        'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
        'max-params': ['error', { max: 4 }],
      },
    },
    {
      files: ['packages/core/src/**'],
      rules: { 'no-restricted-globals': ['error', { globals: PLATFORM_GLOBALS, checkGlobalObject: true }] },
    },
    ...importOrder,
    // By name, so that it is a file of its own beside one whole `index`.
    {
      files: ['packages/core/src/testing*.ts'],
      rules: {
        'no-restricted-imports': [
          'error',
          { patterns: [noSiblingByPath, { ...onlyCorePackages, group: [...onlyCorePackages.group, '!@spanstream/core'] }] },
        ],
      },
    },
    // Looks for Node's storage where there is one.
    { files: ['packages/core/src/testing-context.ts'], rules: { 'no-restricted-globals': 'off' } },
    { files: ['**/*.mjs'], rules: { 'typescript/require-array-sort-compare': 'off' } },
    { files: ['packages/*/src/platform.ts', 'packages/node/src/edge/edge-platform.ts'], rules: { 'no-console': 'off' } },
    {
      files: ['**/*.test.ts', '**/*.test.mjs'],
      rules: {
        'max-lines': 'off',
        'max-lines-per-function': 'off',
        'max-params': 'off',
        'no-console': 'off',
        'no-restricted-globals': 'off',
        'no-restricted-imports': 'off',
        'typescript/no-misused-spread': 'off',
      },
    },
  ],
};
