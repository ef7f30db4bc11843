import traverseModule from '@babel/traverse';

/** Goes through a tree. The package is a CommonJS module: which of the two `default`s is meant depends on who loads it. */
export const traverse = ((traverseModule as unknown as { default?: typeof traverseModule }).default ??
  traverseModule) as typeof traverseModule;
