import { getClient } from '@spanstream/core';
import { noteRoute } from './route.ts';

/**
 * Names the route of the incoming request that this code runs for, e.g. `/users/:id`: its span becomes `GET /users/:id`.
 * For routers without an integration; may be called anywhere below the handler, and the last call wins.
 */
export function setRoute(route: string): void {
  const current = getClient()?.current;
  try {
    if (current !== undefined) noteRoute(current, route);
  } catch (error) {
    current?.fault('setRoute', error);
  }
}
