const pathsByOrigin = new Map<string, string[]>();

/** Declares a URL as a destination of the SDK, whose requests are never traced (R28); returns the withdrawal. */
export function registerOwnDestination(url: string): () => void {
  const { origin, pathname } = new URL(url);
  pathsByOrigin.set(origin, [...(pathsByOrigin.get(origin) ?? []), pathname]);
  return () => {
    const paths = [...(pathsByOrigin.get(origin) ?? [])];
    paths.splice(paths.indexOf(pathname), 1);
    if (paths.length > 0) pathsByOrigin.set(origin, paths);
    else pathsByOrigin.delete(origin);
  };
}

/** Whether a request goes to the SDK's own destination. `path` may carry a query; foreign origins cost one lookup. */
export function isOwnRequest(origin: string, path: string): boolean {
  const paths = pathsByOrigin.get(origin);
  if (paths === undefined) return false;
  const queryStart = path.indexOf('?');
  return paths.includes(queryStart < 0 ? path : path.slice(0, queryStart));
}
