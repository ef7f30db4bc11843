import { instrumentAsync, RUNTIME, type SyntaxNode } from './instrument-async.ts';

type Pattern = string | RegExp;

/** What of the application is prepared. */
export interface ContextPluginOptions {
  /** Modules by their path: text that it contains, or a RegExp. Default: JavaScript, TypeScript and their kin (`.vue`, `.svelte`, `.astro`). */
  readonly include?: Pattern | readonly Pattern[];
  /** Left alone even so. Default: everything in `node_modules`. */
  readonly exclude?: Pattern | readonly Pattern[];
}

/** What plugins of rollup are given as `this`, as far as it is used. */
interface PluginContext {
  parse(code: string): unknown;
  resolve(source: string, importer: undefined, options: { readonly skipSelf: boolean }): Promise<{ readonly id: string } | null>;
}

/** A plugin for rollup and all that take rollup's. */
export interface ContextPlugin {
  readonly name: string;
  resolveId(this: PluginContext, source: string): Promise<{ readonly id: string } | null> | null;
  readonly transform: {
    readonly order: 'post';
    handler(
      this: PluginContext,
      code: string,
      id: string,
      options?: { readonly ssr?: boolean | undefined },
    ): { code: string; map: string } | null;
  };
}

const SCRIPTS = /\.(?:[cm]?[jt]sx?|vue|svelte|astro)(?:\?|$)/;

/** Makes asynchronous functions keep the active span. Stands behind what makes JavaScript of other languages. */
export function createContextPlugin({ include = SCRIPTS, exclude = '/node_modules/' }: ContextPluginOptions = {}): ContextPlugin {
  return {
    name: 'spanstream-context',
    // From a module whose own package does not depend on the SDK: as the application would.
    resolveId(source) {
      return source === RUNTIME ? this.resolve(source, undefined, { skipSelf: true }) : null;
    },
    transform: {
      order: 'post',
      handler(code, id, options) {
        // On a server the platform follows asynchronous work itself.
        if (options?.ssr || id.startsWith('\0') || !matches(id, include) || matches(id, exclude)) return null;
        if (!/\basync\b/.test(code)) return null;
        return instrumentAsync(code, this.parse(code) as SyntaxNode, id) ?? null;
      },
    },
  };
}

function matches(id: string, patterns: Pattern | readonly Pattern[]): boolean {
  const path = id.replaceAll('\\', '/');
  return [patterns].flat().some((pattern) => (typeof pattern === 'string' ? path.includes(pattern) : path.search(pattern) >= 0));
}
