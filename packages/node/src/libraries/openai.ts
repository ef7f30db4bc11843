import type { Integration } from '@spanstream/core';
import { type AnswerNotes, watchApiPromise } from '../instrument/api-promise.ts';
import { hookChannel, type Library } from '../instrument/library.ts';
import { type ModelRequest, modelSpan, noteAnswer } from '../instrument/model-span.ts';
import { type CallMessage, traceChannel } from '../instrument/trace-channel.ts';

/** Chat completions and responses, whole or in pieces, as far as they are looked at. */
interface Answer {
  readonly id?: unknown;
  readonly model?: unknown;
  readonly status?: unknown;
  readonly choices?: readonly { readonly finish_reason?: unknown }[];
  readonly usage?: {
    readonly prompt_tokens?: unknown;
    readonly completion_tokens?: unknown;
    readonly input_tokens?: unknown;
    readonly output_tokens?: unknown;
  } | null;
  /** What an event of a streamed response is about. */
  readonly response?: Answer;
}

const VERSIONS = '>=4.0.0 <8';
const RESOURCES = [
  ['chat', 'resources/chat/completions/completions', 'Completions'],
  ['chat', 'resources/responses/responses', 'Responses'],
  ['embeddings', 'resources/embeddings', 'Embeddings'],
] as const;

/** OpenAI's client, and what speaks its language. */
export const openai: Library = {
  integration: 'OpenAi',
  isEsModule: true,
  packages: { openai: VERSIONS },
  hooks: RESOURCES.flatMap(([channelName, file, className]) =>
    ['js', 'mjs'].map((extension) => ({
      channelName,
      module: { name: 'openai', versionRange: VERSIONS, filePath: `${file}.${extension}` },
      functionQuery: { className, methodName: 'create', kind: 'Sync' as const },
    })),
  ),
};

/** Gives each question to a model of OpenAI a span until its answer has been read; what is asked and answered stays here. */
export function openAiIntegration(): Integration {
  return {
    name: openai.integration,
    setup(client) {
      const teardowns = (['chat', 'embeddings'] as const).map((operation) =>
        traceChannel<CallMessage>(client, hookChannel('openai', operation), {
          start: ({ arguments: [request] }) => modelSpan('openai', operation, (request ?? {}) as ModelRequest),
          keepsOpen: (span, { result }) => watchApiPromise(client.current, span, result, notes),
        }),
      );
      return () => teardowns.forEach((teardown) => teardown());
    },
  };
}

const note: AnswerNotes['note'] = (span, answer) => {
  const { id, model, usage, choices, status } = ((answer as Answer).response ?? answer ?? {}) as Answer;
  noteAnswer(span, {
    id,
    model,
    inputTokens: usage?.prompt_tokens ?? usage?.input_tokens,
    outputTokens: usage?.completion_tokens ?? usage?.output_tokens,
    finishReason: choices?.find(({ finish_reason: reason }) => typeof reason === 'string')?.finish_reason ?? status,
  });
};
const notes: AnswerNotes = { note, notePiece: note };
