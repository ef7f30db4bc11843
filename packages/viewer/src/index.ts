export { startViewer, type Viewer, type ViewerOptions } from './start-viewer.ts';
export type { Attributes, AttributeValue, SpanFields, SpanLink, TraceRow, ViewerSpan, ViewerStats } from './span-record.ts';
