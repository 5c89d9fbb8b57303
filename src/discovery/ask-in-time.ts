import type { Clock } from '../runtime/clock.ts'

/**
 * Asks, and gives up when the answer takes too long or is not needed any more: a connection that went dead must not freeze discovery.
 *
 * @param ask given a signal that ends in both cases; it need not listen to it.
 * @param signal of the watch.
 * @param timeoutMs how long it may take, in milliseconds.
 * @param clock where time comes from.
 */
export async function askInTime<T>(
  ask: (signal: AbortSignal) => T | Promise<T>,
  signal: AbortSignal,
  timeoutMs: number,
  clock: Clock,
): Promise<T> {
  const controller = new AbortController()
  return new Promise<T>((resolve, reject) => {
    const fail = (reason: unknown): void => {
      end()
      controller.abort(reason)
      reject(reason)
    }
    const timer = clock.schedule(timeoutMs, () => fail(new Error(`no answer within ${timeoutMs} ms`)), { background: true })
    const leave = (): void => fail(signal.reason)
    const end = (): void => {
      timer.cancel()
      signal.removeEventListener('abort', leave)
    }
    signal.addEventListener('abort', leave, { once: true })
    // In a promise of its own, so that what it throws at once is a rejection, too.
    new Promise<T>((answer) => answer(ask(controller.signal))).finally(end).then(resolve, reject)
  })
}
