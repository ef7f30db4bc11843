import type { InstrumentationConfig } from '@apm-js-collab/code-transformer';

/** What is known of a library before it is loaded: data alone, for the hooks that change it, for bundlers and for `doctor`. */
export interface Library {
  /** The name of its integration. */
  readonly integration: string;
  /** The packages it is made of, and the versions of each that are traced. */
  readonly packages: Readonly<Record<string, string>>;
  /** The versions of its first package that publish channels of their own and need no change; absent: none. */
  readonly publishes?: string;
  /** What `import` loads of it is an ES module, which `init` alone reaches from Node 24.13 on. */
  readonly isEsModule?: true;
  /** Where channels are put into versions that publish none. */
  readonly hooks: readonly InstrumentationConfig[];
}

/** The name of the channel that a hook puts into a package. */
export function hookChannel(packageName: string, channel: string): string {
  return `orchestrion:${packageName}:${channel}`;
}
