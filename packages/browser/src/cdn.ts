/** The script for pages without a bundler: everything of the package under the global name `SpanStream`. */
import { arrive } from './cdn-arrive.ts';
import * as api from './index.ts';

export * from './index.ts';
export { ready } from './cdn-arrive.ts';

arrive(api);
