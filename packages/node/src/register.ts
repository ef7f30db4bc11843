import { isMainThread } from 'node:worker_threads';
import { getClient, init } from '@spanstream/node';

// Loader threads and workers inherit `--import` and `--require`; each worker decides for itself whether to call `init`.
if (isMainThread && getClient() === undefined) init();
