import { GRAPHQL_OPERATION_NAME, GRAPHQL_OPERATION_TYPE, SENTRY_OP, SENTRY_ORIGIN } from '@sentry/conventions/attributes';
import type { Attributes, Integration, StartSpanOptions } from '@spanstream/core';
import { failSpan } from '../instrument/fail-span.ts';
import { hookChannel, type Library } from '../instrument/library.ts';
import { type CallMessage, traceChannel } from '../instrument/trace-channel.ts';

interface Operation {
  readonly kind?: unknown;
  readonly operation?: unknown;
  readonly name?: { readonly value?: unknown };
}

interface ExecutionArgs {
  readonly document?: { readonly definitions?: readonly Operation[] };
  readonly operationName?: unknown;
}

const VERSIONS = '>=15.0.0 <17';

/** GraphQL.js, and with it the servers that run on it. */
export const graphql: Library = {
  integration: 'Graphql',
  packages: { graphql: VERSIONS },
  hooks: ['js', 'mjs'].flatMap((extension) => [
    hookOf(`language/parser.${extension}`, 'parse', 'Sync'),
    hookOf(`validation/validate.${extension}`, 'validate', 'Sync'),
    hookOf(`execution/execute.${extension}`, 'execute', 'Async'),
  ]),
};

function hookOf(filePath: string, functionName: string, kind: 'Sync' | 'Async'): Library['hooks'][number] {
  return {
    channelName: functionName,
    module: { name: 'graphql', versionRange: VERSIONS, filePath },
    functionQuery: { functionName, kind },
  };
}

/** Gives parsing, validating and executing a GraphQL document a span each; the document stays here, as it holds values. */
export function graphqlIntegration(): Integration {
  return {
    name: graphql.integration,
    setup(client) {
      const teardowns = [
        traceChannel<CallMessage>(client, hookChannel('graphql', 'parse'), { start: () => graphqlSpan('parse') }),
        traceChannel<CallMessage>(client, hookChannel('graphql', 'validate'), {
          start: () => graphqlSpan('validate'),
          finish: (span, { result }) => hasErrors(result) && failSpan(span, 'GraphQLError'),
        }),
        traceChannel<CallMessage>(client, hookChannel('graphql', 'execute'), {
          start: ({ arguments: [args] }) => executionSpan((args ?? {}) as ExecutionArgs),
          finish: (span, { result }) => hasErrors((result as { errors?: unknown } | undefined)?.errors) && failSpan(span, 'GraphQLError'),
        }),
      ];
      return () => teardowns.forEach((teardown) => teardown());
    },
  };
}

/** What resolvers do is inside, so it is a span also where nothing is above it. */
function executionSpan({ document, operationName }: ExecutionArgs): StartSpanOptions {
  const operations = (document?.definitions ?? []).filter(({ kind }) => kind === 'OperationDefinition');
  const operation = operations.find(({ name }) => name?.value === operationName) ?? operations[0];
  const type = typeof operation?.operation === 'string' ? operation.operation : 'execute';
  const name = typeof operation?.name?.value === 'string' ? operation.name.value : undefined;
  const attributes = { [GRAPHQL_OPERATION_TYPE]: type, [GRAPHQL_OPERATION_NAME]: name };
  return { ...graphqlSpan(name === undefined ? type : `${type} ${name}`, attributes), onlyIfParent: false };
}

function graphqlSpan(name: string, attributes: Attributes = {}): StartSpanOptions {
  return { name, attributes: { [SENTRY_OP]: 'graphql', [SENTRY_ORIGIN]: 'auto.graphql.graphql', ...attributes }, onlyIfParent: true };
}

function hasErrors(errors: unknown): boolean {
  return Array.isArray(errors) && errors.length > 0;
}
