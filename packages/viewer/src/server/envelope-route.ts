import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refusal } from '../intake/refusal.ts';
import { senderOf, takeEnvelope } from '../intake/take-envelope.ts';
import { allowAnyOrigin, answerJson } from './answer.ts';
import { readBody } from './read-body.ts';
import { storeSpans, type ViewerState } from './viewer-state.ts';

/** What SDKs send: the protocol's own type, and what a browser sends for a text when it must not cause a preflight. */
const CONTENT_TYPES = new Set(['application/x-sentry-envelope', 'text/plain', 'application/octet-stream']);

/** Takes an envelope for any project and any key. */
export async function takeEnvelopeRequest(
  state: ViewerState,
  projectId: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  allowAnyOrigin(response);
  let sender = `project ${projectId}`;
  try {
    checkContentType(request);
    const body = await readBody(request);
    const sdk = senderOf(body);
    if (sdk !== undefined) sender += `, ${sdk}`;
    const taken = takeEnvelope(body, projectId);
    storeSpans(state, taken.spans);
    state.journal.countEnvelope(taken.itemTypes);
    if (taken.discarded.length > 0) state.journal.addLosses(sender, taken.discarded);
    const notes = [...taken.notes, ...headerNotes(request)];
    for (const reason of notes) state.journal.add({ kind: 'note', source: 'envelope', reason, sender });
    answerJson(response, 200, taken.eventId === undefined ? {} : { id: taken.eventId });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    state.journal.add({ kind: 'refused', source: 'envelope', reason: error.message, status: error.status, sender });
    if (!request.complete) response.setHeader('Connection', 'close');
    answerJson(response, error.status, { detail: error.message });
  }
}

function checkContentType(request: IncomingMessage): void {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type !== '' && !CONTENT_TYPES.has(type)) throw new Refusal(415, `content-type ${type} is not application/x-sentry-envelope`);
}

function headerNotes(request: IncomingMessage): string[] {
  const notes: string[] = [];
  if (request.headers['content-type'] === undefined)
    notes.push('no content-type; some receivers drop what is not application/x-sentry-envelope');
  return notes;
}
