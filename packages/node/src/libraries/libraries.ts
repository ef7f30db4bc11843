import type { Integration } from '@spanstream/core';
import type { Library } from '../instrument/library.ts';
import { express, expressIntegration } from './express.ts';
import { pg, pgIntegration } from './pg.ts';

/** What is known of each library that is traced. */
export const libraries: readonly Library[] = [express, pg];

/** The integrations of all of them, as `init` sets them up. */
export function libraryIntegrations(): Integration[] {
  return [expressIntegration(), pgIntegration()];
}
