import { buildSchema, graphql } from 'graphql';
import { defineHandler } from 'nitro/h3';

const schema = buildSchema('type Query { name: String }');

export default defineHandler(async ({ context }) => {
  const { data } = await graphql({ schema, source: '{ name }', rootValue: { name: 'Ada' } });
  return { id: context.params.id, ...data };
});
