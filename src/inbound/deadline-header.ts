/** A header that carries how long the caller of a request still waits. */
export type DeadlineHeader = 'x-proxyless-deadline-ms' | 'grpc-timeout' | 'x-envoy-expected-rq-timeout-ms'

/** Every {@link DeadlineHeader}. */
export const deadlineHeaders: readonly DeadlineHeader[] = Object.freeze([
  'x-proxyless-deadline-ms',
  'grpc-timeout',
  'x-envoy-expected-rq-timeout-ms',
])

const whole = /^\d{1,15}$/
const grpc = /^(\d{1,8})([HMSmun])$/

/** In milliseconds. */
const grpcUnits = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 } as const

/** `grpc-timeout` has room for so many milliseconds; beyond it there are seconds. */
const mostGrpcMs = 99_999_999

/**
 * Reads a header of a deadline.
 *
 * @returns in milliseconds; `undefined` when it cannot be read.
 */
export function readDeadlineHeader(header: DeadlineHeader, value: string): number | undefined {
  const text = value.trim()
  if (header !== 'grpc-timeout') return whole.test(text) ? Number(text) : undefined
  const match = grpc.exec(text)
  return match === null ? undefined : Number(match[1]) * grpcUnits[match[2] as keyof typeof grpcUnits]
}

/**
 * Writes a header of a deadline, in whole milliseconds: rounded down, but never to nothing.
 *
 * @param header which one.
 * @param leftMs in milliseconds, finite.
 */
export function writeDeadlineHeader(header: DeadlineHeader, leftMs: number): string {
  const ms = Math.max(1, Math.floor(leftMs))
  if (header !== 'grpc-timeout') return String(ms)
  return ms <= mostGrpcMs ? `${ms}m` : `${Math.floor(ms / 1_000)}S`
}
