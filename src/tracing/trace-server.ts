import type { IncomingMessage, ServerResponse } from 'node:http'
import { readTraceHeaders } from '../call/trace-headers.ts'
import { printValue } from '../errors/print-value.ts'
import { readAttempt } from '../inbound/attempt-header.ts'
import { headerReader } from '../inbound/request-header.ts'
import { failedStatus, type OtelApi, type OtelContext, type OtelSpan, otelApi, spanKinds } from '../telemetry/otel-api.ts'
import { Propagator } from '../telemetry/propagator.ts'
import { attemptName } from '../telemetry/span-attributes.ts'
import { telemetrySettings } from '../telemetry/telemetry-options.ts'
import { activeContext, isSuppressed, spanOf, withoutSpan, withSpan } from '../telemetry/trace-context.ts'
import { serverAttributes } from './server-attributes.ts'

/** How {@link traceServer} names and chooses requests. */
export interface TraceServerOptions {
  /**
   * The route of a request, such as `/v1/orders/:id`, for the name of its span. Of a path there may be any number, so it is no name.
   *
   * @defaultValue none: the span is named by its method
   */
  readonly route?: ((request: IncomingMessage) => string | undefined) | undefined
  /** Requests that are not worth a span, such as health checks. @defaultValue none */
  readonly ignore?: ((request: IncomingMessage) => boolean) | undefined
  /** Names of query parameters whose values no span shows, beside `telemetryDefaults.redact`. @defaultValue none */
  readonly redact?: readonly string[] | undefined
}

/**
 * Gives every request of a server a span of the kind SERVER, for programs whose server no instrumentation traces. It continues the trace of
 * the request's headers; calls that a mesh makes in its service are its children. Where somebody made such a span already, and where nobody
 * traces, it does nothing.
 *
 * @typeParam L of node:http.
 * @param listener `inbound(...)` goes inside.
 * @param options see {@link TraceServerOptions}.
 * @returns a listener of the same type.
 * @throws TypeError when the listener is no function.
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { inbound } from 'proxyless'
 * import { startTracing, traceServer } from 'proxyless/tracing'
 *
 * startTracing({ service: 'orders', flushOn: 'SIGTERM' })
 * createServer(
 *   traceServer(
 *     inbound((_request, response) => {
 *       response.end('order 42')
 *     }),
 *     { ignore: ({ url }) => url === '/healthz' },
 *   ),
 * )
 * ```
 */
export function traceServer<L extends (request: IncomingMessage, response: ServerResponse) => void | Promise<void>>(
  listener: L,
  options: TraceServerOptions = {},
): L {
  if (typeof listener !== 'function') throw new TypeError(`traceServer: expected a listener of node:http, got ${printValue(listener)}`)
  const settings = telemetrySettings({ redact: options.redact })
  const propagator = new Propagator(settings)
  const traced = function (this: unknown, request: IncomingMessage, response: ServerResponse): void | Promise<void> {
    const serve = (): void | Promise<void> => listener.call(this, request, response)
    const api = otelApi()
    if (api === undefined || options.ignore?.(request) === true) return serve()
    const active = activeContext(api)
    if (isSuppressed(active) || hasServerSpan(active)) return serve()
    const header = headerReader(request)
    // A server that was started inside of a span serves in the context of that one, which has nothing to do with its requests.
    const parent = propagator.extract(api, withoutSpan(active), readTraceHeaders(header))
    const route = options.route?.(request)
    const attributes = serverAttributes(request, route, readAttempt(header), settings.redact)
    const span = api.trace
      .getTracer('proxyless/tracing')
      .startSpan(attemptName(request.method ?? '', route), { kind: spanKinds.server, attributes }, parent)
    endWith(span, response)
    return inContext(api, withSpan(parent, span), serve)
  }
  return traced as L
}

function inContext<T>(api: OtelApi, context: OtelContext, run: () => T): T {
  return api.context === undefined ? run() : api.context.with(context, run, undefined, undefined)
}

/** An instrumentation of the server was first. */
function hasServerSpan(context: OtelContext): boolean {
  const span = spanOf(context) as { readonly kind?: number; readonly ended?: boolean } | undefined
  return span?.kind === spanKinds.server && span.ended !== true
}

/** A response always closes, once, whether it was sent as a whole or its client left. */
function endWith(span: OtelSpan, response: ServerResponse): void {
  response.once('close', () => {
    const { statusCode, headersSent } = response
    if (headersSent) span.setAttributes({ 'http.response.status_code': statusCode })
    if (headersSent && statusCode >= 500) {
      span.setAttributes({ 'error.type': String(statusCode) })
      span.setStatus({ code: failedStatus })
    }
    span.end()
  })
}
