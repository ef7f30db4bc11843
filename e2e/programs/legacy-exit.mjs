/** `legacy-exit.mjs exit|natural`: a legacy transaction that is open, or has just finished, when the process ends. */
import * as SpanStream from '@spanstream/node';

SpanStream.init({ tracesSampleRate: 1 });
const transaction = SpanStream.startTransaction({ name: 'job' });
transaction.startChild({ description: 'done' }).finish();
if (process.argv[2] === 'exit') process.exit(3);
transaction.finish();
