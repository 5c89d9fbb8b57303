import { AsyncLocalStorage } from 'node:async_hooks'
import type { HeaderList } from '../call/header-list.ts'
import type { Clock } from '../runtime/clock.ts'

/** What the request in whose service code runs says about itself. */
export interface InboundRequest {
  /** How long its caller still waits for the answer, in milliseconds, at the least 0; `Infinity` when it did not say. */
  readonly leftMs: number
  /** Number of the attempt that it is, 1 for the first: above 1 its caller repeats it. */
  readonly attempt: number
  /** The headers that say which trace it is part of (W3C Trace Context, Baggage, B3), as they came: names in lower case and values in turn. */
  readonly trace: HeaderList
  /** The address of the client, without a port; `undefined` when it is not known. */
  readonly client?: string | undefined
}

/** An inbound request, with its deadline on the clock of whoever captured it. */
export class CapturedRequest implements InboundRequest {
  readonly attempt: number
  readonly trace: HeaderList
  readonly client: string | undefined
  readonly #clock: Clock
  readonly #deadline: number

  /**
   * @param clock measures the time.
   * @param limitMs how long it may take from now, in milliseconds.
   * @param attempt see {@link InboundRequest.attempt}.
   * @param trace see {@link InboundRequest.trace}.
   * @param client see {@link InboundRequest.client}.
   */
  constructor(clock: Clock, limitMs: number, attempt: number, trace: HeaderList, client: string | undefined) {
    this.attempt = attempt
    this.trace = trace
    this.client = client
    this.#clock = clock
    this.#deadline = limitMs === Number.POSITIVE_INFINITY ? limitMs : clock.now() + limitMs
  }

  get leftMs(): number {
    return this.#deadline === Number.POSITIVE_INFINITY ? this.#deadline : Math.max(0, this.#deadline - this.#clock.now())
  }
}

/** Made by the first request that is captured: a program that captures none pays nothing. */
let storage: AsyncLocalStorage<InboundRequest> | undefined

/** Runs code, and all that it starts, in the service of a request. */
export function runInService<T>(request: InboundRequest, run: () => T): T {
  storage ??= new AsyncLocalStorage()
  return storage.run(request, run)
}

/**
 * The request in whose service this code runs, as {@link inbound} captured it; `undefined` outside of one.
 *
 * @example
 * ```ts
 * import { inboundRequest } from 'proxyless'
 *
 * // Not worth beginning when the caller is about to give up.
 * export function worthwhile(neededMs: number): boolean {
 *   return (inboundRequest()?.leftMs ?? Number.POSITIVE_INFINITY) >= neededMs
 * }
 * ```
 */
export function inboundRequest(): InboundRequest | undefined {
  return storage?.getStore()
}
