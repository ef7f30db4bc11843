export * from './surface.ts';
export { fetchIntegration } from './edge/edge-fetch.ts';
export { init } from './edge/init-edge.ts';
export { traceRequest } from './edge/trace-request.ts';
export type { EdgeRequest, EdgeResponse } from './edge/trace-request.ts';
export type { InvocationContext } from './edge/wait-until.ts';
