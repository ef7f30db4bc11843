import {
  BROWSER_SCRIPT_INVOKER,
  BROWSER_SCRIPT_INVOKER_TYPE,
  BROWSER_SCRIPT_SOURCE_CHAR_POSITION,
  CODE_FILE_PATH,
  CODE_FUNCTION_NAME,
} from '@sentry/conventions/attributes';
import { type Integration, sanitizeUrl } from '@spanstream/core';
import { observe } from './observe.ts';
import { recordMeasured } from './page-span.ts';

/** https://w3c.github.io/long-animation-frames/#sec-PerformanceLongAnimationFrameTiming; not in `lib.dom` yet. */
interface LongAnimationFrame extends PerformanceEntry {
  readonly blockingDuration?: number;
  readonly scripts?: readonly FrameScript[];
}

interface FrameScript extends PerformanceEntry {
  readonly invoker: string;
  readonly invokerType: string;
  readonly sourceURL: string;
  readonly sourceFunctionName: string;
  readonly sourceCharPosition: number;
}

/** The whole invoker is the address of a script, or it names an element by its address: `IMG[src="/a?b=c"].onload`. */
const INVOKER_URL = /(^(?=https?:)|\[src=")([^]*?)(?="\]\.\w+$|$)/;

/** What keeps the page from answering for 50 ms and more: long animation frames with the script that took longest, else long tasks. */
export function longTasksIntegration(): Integration {
  return {
    name: 'LongTasks',
    setup(client) {
      const { settings } = client;
      const clean = (url: string): string => sanitizeUrl(url, settings.sendDefaultPii).full;
      const record =
        (op: string) =>
        (entries: LongAnimationFrame[]): void => {
          for (const { startTime, duration, blockingDuration, scripts = [] } of entries) {
            const script = [...scripts].sort((a, b) => b.duration - a.duration)[0];
            const name = op.slice(op.indexOf('.') + 1);
            const attributes = {
              'browser.long_animation_frame.blocking_ms': blockingDuration,
              ...(script && {
                [BROWSER_SCRIPT_INVOKER]: script.invoker.replace(INVOKER_URL, (_, start: string, url: string) => start + clean(url)),
                [BROWSER_SCRIPT_INVOKER_TYPE]: script.invokerType,
                [CODE_FILE_PATH]: clean(script.sourceURL),
                [CODE_FUNCTION_NAME]: script.sourceFunctionName || undefined,
                [BROWSER_SCRIPT_SOURCE_CHAR_POSITION]: script.sourceCharPosition,
              }),
            };
            recordMeasured(client, { name, op, origin: 'ui', startTime, duration, attributes });
          }
        };
      const observer =
        observe(client, { type: 'long-animation-frame' }, record('ui.long_animation_frame')) ??
        observe(client, { type: 'longtask' }, record('ui.long_task'));
      return () => observer?.disconnect();
    },
  };
}
