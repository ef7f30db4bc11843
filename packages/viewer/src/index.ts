export { startViewer, type Viewer, type ViewerOptions } from './start-viewer.ts';
export type { ViewerStats } from './server/viewer-state.ts';
export type { Attributes, AttributeValue, SpanFields, SpanLink, TraceRow, ViewerSpan } from './span-record.ts';
