import type { Attributes } from '../span-record.ts';

/** Names who recorded a span: `service.name`, else the part of the release before `@`, else the project. */
export function serviceOf(attributes: Attributes, projectId: string): string {
  const named = attributes['service.name'];
  if (typeof named === 'string' && named !== '') return named;
  const release = attributes['sentry.release'];
  const at = typeof release === 'string' ? release.indexOf('@') : -1;
  return at > 0 ? (release as string).slice(0, at) : `project ${projectId}`;
}
