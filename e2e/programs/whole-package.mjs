/** The whole package for pages, to be bundled as one global. */
export * from '@spanstream/browser';
