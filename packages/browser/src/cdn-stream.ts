/** The same script with traceLifecycle `stream` only. */
import { arrive } from './cdn-arrive.ts';
import * as api from './stream.ts';

export * from './stream.ts';
export { ready } from './cdn-arrive.ts';

arrive(api);
