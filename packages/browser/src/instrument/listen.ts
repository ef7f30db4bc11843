/** Hears events of the window, before anybody deeper in the document can stop them; returns what ends that. */
export function listen(
  types: readonly string[],
  listener: (event: Event) => void,
  target: EventTarget = globalThis as unknown as EventTarget,
): () => void {
  for (const type of types) target.addEventListener(type, listener, true);
  return () => {
    for (const type of types) target.removeEventListener(type, listener, true);
  };
}
