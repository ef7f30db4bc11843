/** Calls back when the page is hidden or left, whichever comes first, and again each time that it comes back and goes (R32). */
export function onPageExit(callback: () => void): () => void {
  const onHidden = (): void => {
    if (document.visibilityState === 'hidden') callback();
  };
  addEventListener('visibilitychange', onHidden, true);
  addEventListener('pagehide', callback, true);
  return () => {
    removeEventListener('visibilitychange', onHidden, true);
    removeEventListener('pagehide', callback, true);
  };
}
