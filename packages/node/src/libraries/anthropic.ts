import type { Integration } from '@spanstream/core';
import { type AnswerNotes, watchApiPromise } from '../instrument/api-promise.ts';
import { hookChannel, type Library } from '../instrument/library.ts';
import { type ModelRequest, modelSpan, noteAnswer } from '../instrument/model-span.ts';
import { type CallMessage, traceChannel } from '../instrument/trace-channel.ts';

/** A message, whole or in pieces, as far as it is looked at. */
interface Answer {
  readonly id?: unknown;
  readonly model?: unknown;
  readonly stop_reason?: unknown;
  readonly usage?: { readonly input_tokens?: unknown; readonly output_tokens?: unknown };
  /** The beginning of a streamed message, and what has changed in it. */
  readonly message?: Answer;
  readonly delta?: Answer;
}

const PACKAGE = '@anthropic-ai/sdk';
const VERSIONS = '>=0.30.0 <2';

/** Anthropic's client. */
export const anthropic: Library = {
  integration: 'Anthropic',
  isEsModule: true,
  packages: { [PACKAGE]: VERSIONS },
  hooks: ['resources/messages/messages', 'resources/beta/messages/messages'].flatMap((file) =>
    ['js', 'mjs'].map((extension) => ({
      channelName: 'chat',
      module: { name: PACKAGE, versionRange: VERSIONS, filePath: `${file}.${extension}` },
      functionQuery: { className: 'Messages', methodName: 'create', kind: 'Sync' as const },
    })),
  ),
};

/** Gives each question to a model of Anthropic a span until its answer has been read; what is asked and answered stays here. */
export function anthropicIntegration(): Integration {
  return {
    name: anthropic.integration,
    setup: (client) =>
      traceChannel<CallMessage>(client, hookChannel(PACKAGE, 'chat'), {
        start: ({ arguments: [request] }) => modelSpan('anthropic', 'chat', (request ?? {}) as ModelRequest),
        keepsOpen: (span, { result }) => watchApiPromise(client.current, span, result, { note, notePiece: note }),
      }),
  };
}

const note: AnswerNotes['note'] = (span, answer) => {
  const { message, delta, usage, ...own } = (answer ?? {}) as Answer;
  const { id, model } = message ?? own;
  const counts = usage ?? message?.usage;
  noteAnswer(span, {
    id,
    model,
    inputTokens: counts?.input_tokens,
    outputTokens: counts?.output_tokens,
    finishReason: delta?.stop_reason ?? own.stop_reason,
  });
};
