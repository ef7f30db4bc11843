import Anthropic from '@anthropic-ai/sdk';
import { expectSame } from '../conform.mjs';
import { startModels } from '../start-models.mjs';

const message = {
  id: 'm1',
  type: 'message',
  role: 'assistant',
  model: 'claude-2',
  content: [{ type: 'text', text: 'secret' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 7, output_tokens: 3 },
};
const ANSWERS = {
  '/v1/messages': {
    whole: message,
    pieces: [
      { type: 'message_start', message: { ...message, content: [], stop_reason: null, usage: { input_tokens: 7, output_tokens: 1 } } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'secret' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 3 } },
      { type: 'message_stop' },
    ],
  },
};
const question = { max_tokens: 9, messages: [{ role: 'user', content: 'secret' }] };

export const scenario = {
  integration: 'Anthropic',
  packageName: '@anthropic-ai/sdk',
  async start() {
    const models = await startModels(ANSWERS);
    return { models, client: new Anthropic({ apiKey: 'secret', baseURL: models.url, maxRetries: 0 }) };
  },
  async work({ client }) {
    expectSame((await client.messages.create({ model: 'claude', ...question })).content[0].text, 'secret', 'the answer');
    let count = 0;
    for await (const _piece of await client.messages.create({ model: 'claude-streams', ...question, stream: true })) count++;
    expectSame(count, 6, 'pieces');
    const whole = await client.messages.stream({ model: 'claude-emits', ...question }).finalMessage();
    expectSame(whole.content[0].text, 'secret', 'the message');
  },
  fail: ({ client }) => client.messages.create({ model: 'gone', ...question }),
  stop: ({ models }) => models.stop(),
  isShown: (span) => span.attributes['sentry.op']?.value.startsWith('http.') !== true,
  tree: [
    'parent',
    '  chat claude [gen_ai.chat]',
    '  chat claude-streams [gen_ai.chat]',
    '  chat claude-emits [gen_ai.chat]',
    'failing error',
    '  chat gone [gen_ai.chat] error',
  ],
  attributes: {
    'chat claude': {
      'sentry.origin': 'auto.ai.anthropic',
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.request.model': 'claude',
      'gen_ai.response.model': 'claude-2',
      'gen_ai.usage.input_tokens': 7,
      'gen_ai.usage.output_tokens': 3,
      'gen_ai.response.finish_reasons': ['end_turn'],
    },
    'chat claude-streams': { 'gen_ai.response.id': 'm1', 'gen_ai.usage.input_tokens': 7, 'gen_ai.usage.output_tokens': 3 },
  },
  lastsMs: { 'chat claude-streams': 170, 'chat claude-emits': 170 },
};
