import type { DeadlineHeader } from './deadline-header.ts'

/** Whether servers are told how long their answer is waited for. Every option has a default, see {@link sendOnDefaults}. */
export interface SendOnOptions {
  /**
   * Which calls tell: `'inbound'` those that are made in the service of a request which {@link inbound} captured, `'always'` every call, `false`
   * none.
   *
   * @defaultValue {@link sendOnDefaults}.send
   */
  readonly send?: 'inbound' | 'always' | false | undefined
  /**
   * The headers that carry what is left, in milliseconds, reckoned for each attempt. A server built on gRPC reads `grpc-timeout`, one behind Envoy
   * `x-envoy-expected-rq-timeout-ms`.
   *
   * @defaultValue {@link sendOnDefaults}.headers
   */
  readonly headers?: readonly DeadlineHeader[] | undefined
}

/** The defaults of {@link SendOnOptions}. A program that captures nothing sends nothing that it did not send before. */
export const sendOnDefaults = Object.freeze({
  send: 'inbound',
  headers: Object.freeze(['x-proxyless-deadline-ms'] as const),
} as const satisfies SendOnOptions)
