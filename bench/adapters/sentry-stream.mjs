import { createSentry } from './sentry.mjs';

export const label = '@sentry/node, stream';
export const packages = ['@sentry/node'];
export const create = (options) => createSentry(options, 'stream');
