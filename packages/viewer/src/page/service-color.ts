const COLORS = 8;
const indexes = new Map<string, number>();

/** A service's colour as a class; colours are given in the order in which services are first seen. */
export function serviceClass(service: string): string {
  if (service === '') return 'svc svc-none';
  let index = indexes.get(service);
  if (index === undefined) indexes.set(service, (index = indexes.size % COLORS));
  return `svc svc-${index}`;
}
