/** Whether something is a promise: what a function gives that is asynchronous though it should not be. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as Partial<PromiseLike<unknown>>).then === 'function'
}

/**
 * Hears the rejection of what a user's hook gave although nobody waits for it. Unhandled, it would end the process.
 *
 * @param given what the hook gave; nearly always no promise at all.
 * @param heard told of the rejection. @defaultValue nobody, because the promise itself was told of as a mistake
 */
export function hearLateRejection(given: unknown, heard: (error: unknown) => void = () => {}): void {
  if (isPromise(given)) given.then(undefined, heard)
}
