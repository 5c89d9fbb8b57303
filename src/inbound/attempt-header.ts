/** The headers that say which attempt a request is, and what to add to their value: gRPC counts the attempts before. */
const headers: readonly (readonly [name: string, plus: number])[] = [
  ['x-envoy-attempt-count', 0],
  ['x-proxyless-attempt', 0],
  ['grpc-previous-rpc-attempts', 1],
]

const whole = /^\d{1,6}$/

/**
 * Reads which attempt a request is.
 *
 * @param header gives the value of a header by its name in lower case.
 * @returns 1 for the first, and when it does not say.
 */
export function readAttempt(header: (name: string) => string | undefined): number {
  let attempt = 1
  for (const [name, plus] of headers) {
    const text = header(name)?.trim()
    if (text !== undefined && whole.test(text)) attempt = Math.max(attempt, Number(text) + plus)
  }
  return attempt
}
