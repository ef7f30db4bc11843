/**
 * OLDER_API says which modules get version 1.9 where they ask for `@opentelemetry/api`: those whose path contains it, `all` for
 * every one. Only CommonJS can be led elsewhere in this way, so that is what spanstream is loaded as.
 */
const Module = require('node:module');
const { join } = require('node:path');

const { OLDER_API } = process.env;
const resolve = Module._resolveFilename;
const olderApi = require.resolve('opentelemetry-api-1.9');

Module._resolveFilename = function (request, parent, ...rest) {
  const spanstream = /^@spanstream\/(\w+)$/.exec(request)?.[1];
  if (spanstream !== undefined) return join(__dirname, `../../${spanstream}/dist/index.cjs`);
  const isOlder = request === '@opentelemetry/api' && (OLDER_API === 'all' || parent?.filename?.includes(OLDER_API));
  return isOlder ? olderApi : resolve.call(this, request, parent, ...rest);
};
