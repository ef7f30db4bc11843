import {
  GEN_AI_OPERATION_NAME,
  GEN_AI_PROVIDER_NAME,
  GEN_AI_REQUEST_MAX_TOKENS,
  GEN_AI_REQUEST_MODEL,
  GEN_AI_REQUEST_TEMPERATURE,
  GEN_AI_REQUEST_TOP_P,
  GEN_AI_RESPONSE_FINISH_REASONS,
  GEN_AI_RESPONSE_ID,
  GEN_AI_RESPONSE_MODEL,
  GEN_AI_RESPONSE_STREAMING,
  GEN_AI_USAGE_INPUT_TOKENS,
  GEN_AI_USAGE_OUTPUT_TOKENS,
  SENTRY_OP,
  SENTRY_ORIGIN,
} from '@sentry/conventions/attributes';
import type { AnySpan, StartSpanOptions } from '@spanstream/core';

/** A question to a model, without its words. */
export interface ModelRequest {
  readonly model?: unknown;
  readonly max_tokens?: unknown;
  readonly max_completion_tokens?: unknown;
  readonly max_output_tokens?: unknown;
  readonly temperature?: unknown;
  readonly top_p?: unknown;
  readonly stream?: unknown;
}

/** What an answer says about itself. */
export interface ModelAnswer {
  readonly id?: unknown;
  readonly model?: unknown;
  readonly inputTokens?: unknown;
  readonly outputTokens?: unknown;
  readonly finishReason?: unknown;
}

/** The span of a question to a model, `chat gpt-5`; what is asked and answered stays here. */
export function modelSpan(provider: string, operation: 'chat' | 'embeddings', request: ModelRequest): StartSpanOptions {
  const model = typeof request.model === 'string' ? request.model : undefined;
  return {
    name: model === undefined ? operation : `${operation} ${model}`,
    attributes: {
      [SENTRY_OP]: `gen_ai.${operation}`,
      [SENTRY_ORIGIN]: `auto.ai.${provider}`,
      [GEN_AI_OPERATION_NAME]: operation,
      [GEN_AI_PROVIDER_NAME]: provider,
      [GEN_AI_REQUEST_MODEL]: model,
      [GEN_AI_REQUEST_MAX_TOKENS]: toNumber(request.max_tokens ?? request.max_completion_tokens ?? request.max_output_tokens),
      [GEN_AI_REQUEST_TEMPERATURE]: toNumber(request.temperature),
      [GEN_AI_REQUEST_TOP_P]: toNumber(request.top_p),
      [GEN_AI_RESPONSE_STREAMING]: request.stream === true ? true : undefined,
    },
    onlyIfParent: true,
  };
}

/** Adds what is known now; what is not stays as it was. */
export function noteAnswer(span: AnySpan, { id, model, inputTokens, outputTokens, finishReason }: ModelAnswer): void {
  if (typeof id === 'string') span.setAttribute(GEN_AI_RESPONSE_ID, id);
  if (typeof model === 'string') span.setAttribute(GEN_AI_RESPONSE_MODEL, model);
  if (typeof inputTokens === 'number') span.setAttribute(GEN_AI_USAGE_INPUT_TOKENS, inputTokens);
  if (typeof outputTokens === 'number') span.setAttribute(GEN_AI_USAGE_OUTPUT_TOKENS, outputTokens);
  if (typeof finishReason === 'string') span.setAttribute(GEN_AI_RESPONSE_FINISH_REASONS, [finishReason]);
}

function toNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
