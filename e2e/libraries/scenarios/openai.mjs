import OpenAI from 'openai';
import { expectSame } from '../conform.mjs';
import { startModels } from '../start-models.mjs';

const usage = { prompt_tokens: 7, completion_tokens: 3 };
const ANSWERS = {
  '/chat/completions': {
    whole: { id: 'c1', model: 'gpt-5-2', choices: [{ finish_reason: 'stop', message: { content: 'secret' } }], usage },
    pieces: [
      { id: 'c2', model: 'gpt-5-2', choices: [{ delta: { content: 'secret' } }] },
      { id: 'c2', model: 'gpt-5-2', choices: [{ delta: {}, finish_reason: 'stop' }] },
      { id: 'c2', model: 'gpt-5-2', choices: [], usage },
    ],
    end: 'data: [DONE]\n\n',
  },
  '/responses': {
    whole: { id: 'r1', model: 'gpt-5-2', status: 'completed', output: [], usage: { input_tokens: 7, output_tokens: 3 } },
    pieces: [],
  },
  '/embeddings': { whole: { model: 'small-2', data: [], usage: { prompt_tokens: 7 } }, pieces: [] },
};
const messages = [{ role: 'user', content: 'secret' }];

export const scenario = {
  integration: 'OpenAi',
  async start() {
    const models = await startModels(ANSWERS);
    return { models, client: new OpenAI({ apiKey: 'secret', baseURL: models.url, maxRetries: 0 }) };
  },
  async work({ client }) {
    const { data, response } = await client.chat.completions.create({ model: 'gpt-5', messages, max_tokens: 9 }).withResponse();
    expectSame([data.choices[0].message.content, response.status], ['secret', 200], 'the answer');
    const stream = await client.chat.completions.create({ model: 'gpt-5-streams', messages, stream: true });
    let count = 0;
    for await (const piece of stream) count += piece.choices.length;
    expectSame(count, 2, 'pieces');
    const stopped = await client.chat.completions.create({ model: 'gpt-5-stops', messages, stream: true });
    for await (const piece of stopped) if (piece.id === 'c2') break;
    expectSame((await client.responses.create({ model: 'gpt-5-responds', input: 'secret' })).id, 'r1', 'the response');
    await client.embeddings.create({ model: 'small', input: 'secret' });
    const bare = await client.chat.completions.create({ model: 'gpt-5-bare', messages }).asResponse();
    expectSame((await bare.json()).id, 'c1', 'the bare response');
  },
  fail: ({ client }) => client.chat.completions.create({ model: 'gone', messages }),
  stop: ({ models }) => models.stop(),
  isShown: (span) => span.attributes['sentry.op']?.value.startsWith('http.') !== true,
  tree: [
    'parent',
    '  chat gpt-5 [gen_ai.chat]',
    '  chat gpt-5-streams [gen_ai.chat]',
    '  chat gpt-5-stops [gen_ai.chat]',
    '  chat gpt-5-responds [gen_ai.chat]',
    '  embeddings small [gen_ai.embeddings]',
    '  chat gpt-5-bare [gen_ai.chat]',
    'failing error',
    '  chat gone [gen_ai.chat] error',
  ],
  attributes: {
    'chat gpt-5': {
      'sentry.origin': 'auto.ai.openai',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-5',
      'gen_ai.request.max_tokens': 9,
      'gen_ai.response.model': 'gpt-5-2',
      'gen_ai.usage.input_tokens': 7,
      'gen_ai.usage.output_tokens': 3,
      'gen_ai.response.finish_reasons': ['stop'],
    },
    'chat gpt-5-streams': {
      'gen_ai.response.streaming': true,
      'gen_ai.usage.output_tokens': 3,
      'gen_ai.response.finish_reasons': ['stop'],
    },
    'chat gpt-5-responds': { 'gen_ai.usage.input_tokens': 7, 'gen_ai.response.id': 'r1' },
    'embeddings small': { 'gen_ai.usage.input_tokens': 7 },
    'chat gone': { 'error.type': 'NotFoundError' },
  },
  /** Three pieces, and a pause behind each. */
  lastsMs: { 'chat gpt-5-streams': 85 },
};
