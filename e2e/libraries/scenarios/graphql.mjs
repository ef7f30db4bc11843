import { buildSchema, graphql } from 'graphql';
import { expectSame } from '../conform.mjs';

const schema = buildSchema('type Query { user(name: String): String, broken: String }');

export const scenario = {
  integration: 'Graphql',
  async work(_state, { tracing }) {
    const rootValue = {
      user: ({ name }) => tracing.startSpan({ name: 'in the resolver' }, () => new Promise((resolve) => setTimeout(resolve, 20, name))),
      broken: () => {
        throw new TypeError('secret');
      },
    };
    const ask = (source, operationName) => graphql({ schema, source, rootValue, operationName });
    expectSame((await ask('query FindUser { user(name: "secret") }', 'FindUser')).data, { user: 'secret' }, 'data');
    expectSame((await ask('{ broken }')).errors.length, 1, 'errors');
    expectSame((await ask('{ nothing }')).errors.length, 1, 'errors');
    expectSame((await ask('{ secret')).errors.length, 1, 'errors');
  },
  tree: [
    'parent',
    '  parse [graphql]',
    '  validate [graphql]',
    '  query FindUser [graphql]',
    '    in the resolver',
    '  parse [graphql]',
    '  validate [graphql]',
    '  query [graphql] error',
    '  parse [graphql]',
    '  validate [graphql] error',
    '  parse [graphql] error',
  ],
  attributes: {
    'query FindUser': { 'sentry.origin': 'auto.graphql.graphql', 'graphql.operation.type': 'query', 'graphql.operation.name': 'FindUser' },
  },
  lastsMs: { 'query FindUser': 19 },
};
