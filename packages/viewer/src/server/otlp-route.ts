import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeOtlpRequest, encodeOtlpResponse, encodeOtlpStatus, type OtlpEncoding } from '../intake/otlp-decode.ts';
import { readOtlpRequest } from '../intake/otlp-spans.ts';
import { Refusal } from '../intake/refusal.ts';
import { allowAnyOrigin, answerBytes } from './answer.ts';
import { readBody } from './read-body.ts';
import { storeSpans, type ViewerState } from './viewer-state.ts';

const CONTENT_TYPE = { json: 'application/json', protobuf: 'application/x-protobuf' } as const;

/** Takes an OTLP/HTTP trace export and answers in the request's encoding. */
export async function takeOtlpRequest(state: ViewerState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  allowAnyOrigin(response);
  const sender = request.headers['user-agent'];
  const from = sender === undefined ? {} : { sender };
  let encoding: OtlpEncoding = 'json';
  try {
    encoding = encodingOf(request);
    const read = readOtlpRequest(decodeOtlpRequest(await readBody(request), encoding));
    storeSpans(state, read.spans);
    state.journal.countOtlpRequest();
    const rejected = read.rejected > 0 ? { count: read.rejected, reason: read.reason ?? 'invalid' } : undefined;
    if (rejected !== undefined)
      state.journal.add({
        kind: 'refused',
        source: 'otlp',
        reason: `${rejected.count} spans rejected: ${rejected.reason}`,
        status: 200,
        ...from,
      });
    answerBytes(response, 200, CONTENT_TYPE[encoding], encodeOtlpResponse(encoding, rejected));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    state.journal.add({ kind: 'refused', source: 'otlp', reason: error.message, status: error.status, ...from });
    if (!request.complete) response.setHeader('Connection', 'close');
    answerBytes(response, error.status, CONTENT_TYPE[encoding], encodeOtlpStatus(encoding, error.message));
  }
}

function encodingOf(request: IncomingMessage): OtlpEncoding {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json') return 'json';
  if (type === 'application/x-protobuf' || type === 'application/protobuf') return 'protobuf';
  throw new Refusal(415, `content-type ${type === '' ? 'is missing' : type}; OTLP needs application/x-protobuf or application/json`);
}
