export { transform, type Transformed, type TransformOptions } from './transform.ts';
export { transformComponent } from './script-blocks.ts';
export type { Language } from './syntax.ts';
