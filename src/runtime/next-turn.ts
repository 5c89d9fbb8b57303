/**
 * Resolves once the event loop came round: what the host has ready by then is there. It is no measure of time, and needs no clock.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
