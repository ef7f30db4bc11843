import { init } from '@spanstream/node';

// SENTRY_TRACE_LIFECYCLE chooses: static, compare, or, once the code is moved, stream.
export const client = init({ tracesSampleRate: 1, serverName: 'shop' });
