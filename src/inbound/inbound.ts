import type { IncomingMessage, ServerResponse } from 'node:http'
import { readTraceHeaders } from '../call/trace-headers.ts'
import { printValue } from '../errors/print-value.ts'
import type { Clock } from '../runtime/clock.ts'
import { type Duration, durationMs } from '../runtime/duration.ts'
import { systemClock } from '../runtime/system-clock.ts'
import { readAttempt } from './attempt-header.ts'
import { clientAddressOf } from './client-address.ts'
import { deadlineHeaders, readDeadlineHeader } from './deadline-header.ts'
import { CapturedRequest, type InboundRequest, runInService } from './inbound-context.ts'
import { headerReader } from './request-header.ts'

/** How inbound requests are captured. Every option has a default, see {@link inboundDefaults}. */
export interface InboundOptions {
  /** How long a request may take in any case, whatever its caller says. @defaultValue {@link inboundDefaults}.deadline: no limit */
  readonly deadline?: Duration | undefined
  /**
   * Reads the address of the client from what the server hands to its handler, for `hashOn: 'client'`. Behind a proxy that may be
   * trusted: `(request) => request.headers['x-forwarded-for']?.split(',').at(-1)?.trim()`. @defaultValue that of the connection
   */
  // biome-ignore lint/suspicious/noExplicitAny: the request is of whatever server there is.
  readonly clientAddress?: ((request: any) => string | undefined) | undefined
  /** Measures the time. @defaultValue {@link systemClock} */
  readonly clock?: Clock | undefined
}

/** The defaults of {@link InboundOptions}. */
export const inboundDefaults = Object.freeze({ deadline: Number.POSITIVE_INFINITY } as const satisfies InboundOptions)

/** Middleware for servers that pass a request along: `(req, res, next)` as in Express and Connect, `(context, next)` as in Hono and Koa. */
export interface InboundMiddleware {
  /** For Express, Connect and the like. */
  (request: object, response: object, next: (error?: unknown) => void): void
  /** For Hono, Koa and the like. */
  (context: object, next: () => Promise<void>): Promise<void>
}

/**
 * Captures what an inbound request says about its deadline and its attempt, so that every call of a mesh that is made in its service ends when
 * nobody waits for the request any more: such a call has the request's deadline if that is the earlier one, sends on what is left of it, and is
 * refused when nothing is. Calls in the service of a request that is itself a repetition are not repeated in turn.
 *
 * The address of its client is known to balancers that hash on it (`hashOn: 'client'`).
 *
 * Its trace is passed on, too (`traceparent`, `tracestate`, `baggage`, `b3`, `x-b3-*`), where no OpenTelemetry SDK sees to that.
 *
 * Read are `x-proxyless-deadline-ms`, `grpc-timeout` and `x-envoy-expected-rq-timeout-ms` (the shortest counts), and `x-envoy-attempt-count`,
 * `x-proxyless-attempt` and `grpc-previous-rpc-attempts` (the highest counts). They are relative, so clocks need not agree.
 *
 * It wraps a handler whose first argument has headers: a listener of node:http, a web handler of `Request`, or one of a framework. Without a
 * handler it makes middleware.
 *
 * @typeParam Listener of node:http.
 * @typeParam Handler any other: its parameters must have types of their own.
 * @throws TypeError when an option is wrong.
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { fixed, inbound, mesh } from 'proxyless'
 *
 * const net = mesh()
 *   .service('orders', (s) => s.resolve(fixed(['http://10.0.0.7:8080'])))
 *   .build()
 *
 * createServer(
 *   inbound(async (_request, response) => {
 *     // Has as much time as the caller of this server has left.
 *     const orders = await net.fetch('http://orders/v1')
 *     response.end(await orders.text())
 *   }),
 * )
 * ```
 */
export function inbound<Listener extends (request: IncomingMessage, response: ServerResponse) => void | Promise<void>>(
  listener: Listener,
  options?: InboundOptions,
): Listener
export function inbound<Handler extends (...args: never[]) => unknown>(handler: Handler, options?: InboundOptions): Handler
export function inbound(options?: InboundOptions): InboundMiddleware
export function inbound(first?: unknown, second?: InboundOptions): unknown {
  const handler = typeof first === 'function' ? (first as (...args: unknown[]) => unknown) : undefined
  const capture = capturer(handler === undefined ? (first as InboundOptions | undefined) : second)
  if (handler !== undefined) {
    return function (this: unknown, ...args: unknown[]): unknown {
      return runInService(capture(args[0]), () => handler.apply(this, args))
    }
  }
  // Three parameters, because Express and Connect look at their number.
  return (request: unknown, response: unknown, next: unknown): unknown => {
    const go = (typeof next === 'function' ? next : response) as () => unknown
    return runInService(capture(request), () => go())
  }
}

function capturer(options: InboundOptions | undefined): (source: unknown) => InboundRequest {
  if (options !== undefined && (typeof options !== 'object' || options === null)) {
    throw new TypeError(`inbound: expected a handler or an object of options, got ${printValue(options)}`)
  }
  const clock = options?.clock ?? systemClock
  const mostMs = durationMs(options?.deadline ?? inboundDefaults.deadline, 'inbound.deadline')
  const addressOf: unknown = options?.clientAddress ?? clientAddressOf
  if (typeof addressOf !== 'function')
    throw new TypeError(`inbound.clientAddress: expected a function of the request, got ${printValue(addressOf)}`)
  return (source) => {
    const header = headerReader(source)
    let limitMs = mostMs
    for (const name of deadlineHeaders) {
      // A header that came twice is one with a comma.
      for (const value of header(name)?.split(',') ?? []) {
        const ms = readDeadlineHeader(name, value)
        if (ms !== undefined && ms < limitMs) limitMs = ms
      }
    }
    const client: unknown = addressOf(source)
    return new CapturedRequest(
      clock,
      limitMs,
      readAttempt(header),
      readTraceHeaders(header),
      typeof client === 'string' ? client : undefined,
    )
  }
}
