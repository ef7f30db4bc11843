import type { StreamSpan } from './stream-span.ts';
import { withMethods } from './trace-iterator.ts';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** A stream of Node or of a library that behaves like one. */
interface NodeStream {
  pipe: Method;
  on: Method;
  emit: Method;
  read?: Method;
  write?: Method;
  push?: Method;
  readonly readable?: boolean;
  readonly readableEnded?: boolean;
  readonly readableLength?: number;
  readonly readableObjectMode?: boolean;
  readonly writable?: boolean;
  readonly writableEnded?: boolean;
  readonly writableFinished?: boolean;
  readonly destroyed?: boolean;
  readonly errored?: unknown;
}

/** Follows a value that is a Node stream; answers whether it is one. */
export type TraceNodeStream = (value: object, stream: StreamSpan) => boolean;

/** What a stream's author implements: here its own work, and the spans of it, come from. */
const IMPLEMENTATION = ['_read', '_write', '_writev', '_final'];

/** Whether the value is a Node stream: readable, writable or both. */
export function isNodeStream(value: object): value is NodeStream {
  const { pipe, on, emit } = value as Partial<NodeStream>;
  return typeof pipe === 'function' && typeof on === 'function' && typeof emit === 'function';
}

/**
 * Follows a stream that stays what it is. Its events are seen as they are emitted: a listener would change what `listenerCount` says, an `error`
 * listener would swallow what is unhandled, and a `data` listener would start it flowing.
 */
export const traceNodeStream: TraceNodeStream = (node, stream) => {
  if (!isNodeStream(node)) return false;
  const open = new OpenSides(node);
  if (node.destroyed === true || open.isNone) {
    endAsClosed(node, open, stream);
    return true;
  }
  const methods: Record<PropertyKey, Method> = { ...implementation(node, stream) };
  const { emit } = node;
  methods['emit'] = function (this: unknown, ...args) {
    if (!stream.isOver) observeEvent(node, { event: args[0], error: args[1], open, stream });
    return Reflect.apply(emit, this, args);
  };
  if (typeof node.read === 'function' && typeof node.push === 'function') countPushes(node, stream, methods);
  const iterate = (node as unknown as { [Symbol.asyncIterator]?: Method })[Symbol.asyncIterator];
  if (typeof iterate === 'function') {
    methods[Symbol.asyncIterator] = function (this: unknown, ...args) {
      return noticeBreak(Reflect.apply(iterate, this, args), stream);
    };
  }
  withMethods(node, methods);
  stream.watch(node);
  return true;
};

/** The directions that have not finished. */
class OpenSides {
  readable: boolean;
  writable: boolean;

  constructor(node: NodeStream) {
    this.readable = typeof node.read === 'function' && node.readable !== false && node.readableEnded !== true;
    this.writable =
      typeof node.write === 'function' && node.writableFinished !== true && (node.writable !== false || node.writableEnded === true);
  }

  get isNone(): boolean {
    return !this.readable && !this.writable;
  }
}

interface StreamEvent {
  readonly event: unknown;
  readonly error: unknown;
  readonly open: OpenSides;
  readonly stream: StreamSpan;
}

function observeEvent(node: NodeStream, { event, error, open, stream }: StreamEvent): void {
  if (event === 'error') return stream.fail(error);
  if (event === 'close') return endAsClosed(node, open, stream);
  if (event === 'end') open.readable = false;
  else if (event === 'finish') open.writable = false;
  else return;
  if (open.isNone) stream.end('done');
}

function endAsClosed(node: NodeStream, open: OpenSides, stream: StreamSpan): void {
  if (node.errored !== undefined && node.errored !== null) stream.fail(node.errored);
  else stream.end(open.isNone ? 'done' : 'closed');
}

/** The author's methods, run in the span's context. */
function implementation(node: NodeStream, stream: StreamSpan): Record<string, Method> {
  const methods: Record<string, Method> = {};
  const isCounted = typeof node.read !== 'function';
  for (const name of IMPLEMENTATION) {
    const original = (node as unknown as Record<string, unknown>)[name];
    if (typeof original !== 'function') continue;
    const count = isCounted ? COUNTERS[name] : undefined;
    if (count !== undefined) stream.startCounting();
    methods[name] = function (this: unknown, ...args) {
      count?.(args[0], stream);
      return stream.run(() => Reflect.apply(original, this, args) as unknown);
    };
  }
  return methods;
}

const COUNTERS: Record<string, (chunk: unknown, stream: StreamSpan) => void> = {
  _write: (chunk, stream) => stream.addChunk(chunk),
  _writev: (chunks, stream) => {
    for (const { chunk } of chunks as { chunk: unknown }[]) stream.addChunk(chunk);
  },
};

function countPushes(node: NodeStream, stream: StreamSpan, methods: Record<PropertyKey, Method>): void {
  const { push, readableLength = 0, readableObjectMode } = node;
  stream.startCounting();
  // What has arrived before counts as one chunk, or as so many objects.
  if (readableObjectMode === true) for (let i = 0; i < readableLength; i++) stream.addChunk(undefined);
  else if (readableLength > 0) stream.addChunk({ byteLength: readableLength });
  methods['push'] = function (this: unknown, ...args) {
    if (args[0] !== null && args[0] !== undefined) stream.addChunk(args[0]);
    return Reflect.apply(push as Method, this, args);
  };
}

/** Leaving a loop destroys the stream, which by itself looks as if the other side had closed it. */
function noticeBreak(iterator: unknown, stream: StreamSpan): unknown {
  const { return: close } = (iterator ?? {}) as { return?: Method };
  if (typeof close !== 'function') return iterator;
  return withMethods(iterator as object, {
    return: (...args) => {
      stream.end('cancelled');
      return Reflect.apply(close, iterator, args);
    },
  });
}
