/**
 * Who sees a call, and where does its trace go on?
 *
 * Telemetry makes the spans of calls and attempts, and writes their trace into the requests. It speaks OpenTelemetry's API by its shape
 * (otel-api.ts), takes the caller's context when a call begins, and ends every span that it began once. It never knows why an attempt is made, where it
 * goes, or what is done with a span.
 *
 * To add an attribute: a line in span-attributes.ts. An event: where the call's trace hears of it, in call-trace.ts. A header format: a case in
 * trace-format.ts.
 */
import type { Attempt } from '../call/attempt.ts'
import type { Call } from '../call/call.ts'
import { inherited } from '../call/inbound-call.ts'
import type { Layer, Send } from '../call/layer.ts'
import type { Outcome } from '../call/outcome.ts'
import { asPromise } from '../call/settling.ts'
import type { Verdict } from '../call/verdict.ts'
import type { Host } from '../runtime/host.ts'
import { CallTrace, callTrace } from './call-trace.ts'
import { type OtelApi, type OtelTracer, otelApi } from './otel-api.ts'
import { Propagator } from './propagator.ts'
import { SpanStarts } from './span-starts.ts'
import type { TelemetrySettings } from './telemetry-options.ts'
import { activeContext, isSuppressed, suppressed, withSpan } from './trace-context.ts'

/** The tracing of one service. */
export class ServiceTracing {
  readonly settings: TelemetrySettings
  readonly host: Host
  /** How many endpoints are left out because of their health. */
  readonly leftOut: () => number
  readonly propagator: Propagator
  readonly starts = new SpanStarts()
  readonly #guests: boolean
  #provider: OtelApi['trace'] | undefined
  #tracer: OtelTracer | undefined

  /**
   * @param settings see {@link TelemetrySettings}.
   * @param host time, and the name of the service.
   * @param leftOut how many endpoints are left out because of their health.
   * @param guests whether policies of the program's own run between an attempt and the wire, and may ask for the span that they run in.
   */
  constructor(settings: TelemetrySettings, host: Host, leftOut: () => number, guests: boolean) {
    this.settings = settings
    this.host = host
    this.leftOut = leftOut
    this.#guests = guests
    this.propagator = new Propagator(settings)
  }

  /** The tracer of whoever traces now: programs may set up their SDK after the mesh, and tests set up another one. */
  readonly tracer = (api: OtelApi): OtelTracer => {
    if (this.#tracer === undefined || this.#provider !== api.trace) {
      this.#provider = api.trace
      this.#tracer = api.trace.getTracer('proxyless')
    }
    return this.#tracer
  }

  /** Surrounds a call. It takes the caller's context: further in there may be another one. */
  readonly call: Layer<Call> = (next) => (call) => {
    const api = otelApi()
    if (api !== undefined) return this.#traced(api, call, next)
    const carried = call.context.get(inherited)?.trace
    if (carried === undefined || carried.length === 0) return next(call)
    const headers = this.propagator.passOn(call.headers, carried)
    return next(headers === call.headers ? call : call.with({ headers }))
  }

  /** Surrounds an attempt and its policies, which run in the context of its span. */
  readonly attempt: Layer<Attempt> = (next) => (attempt) => {
    const trace = attempt.call.context.get(callTrace)
    if (trace === undefined) return next(attempt)
    const { api } = trace
    const span = trace.attemptBegan(attempt)
    const headers = this.propagator.inject(api, trace.parent, span, attempt.headers, trace.carried)
    const sent = headers === attempt.headers ? attempt : attempt.with({ headers })
    // Entering a context costs as much as all of its attributes. Where nobody looks, the one that the wire enters is enough.
    if (!this.#guests || api.context === undefined) return next(sent)
    return asPromise(api.context.with(withSpan(trace.parent, span), next, undefined, sent))
  }

  /** Hears how routing judged an attempt. */
  readonly judged = (attempt: Attempt, outcome: Outcome, verdict: Verdict): void => {
    attempt.call.context.get(callTrace)?.attemptEnded(attempt.number, outcome, verdict)
  }

  /**
   * Stands next to the wire: an instrumentation of undici or of sockets would make a second span, and send a second header.
   *
   * @param send of the transport.
   */
  wire(send: Send<Attempt>): Send<Attempt> {
    return (attempt) => {
      const trace = attempt.call.context.get(callTrace)
      const manager = trace?.api.context
      if (trace === undefined || manager === undefined) return send(attempt)
      const quiet = this.#guests ? undefined : trace.quietContext(attempt.number)
      return asPromise(manager.with(quiet ?? suppressed(manager.active()), send, undefined, attempt))
    }
  }

  /** Hears of a span that could not be ended. */
  threw(error: unknown): void {
    this.host.emit('part-threw', { service: this.host.service, part: 'tracing', error })
  }

  /** No async function: a call of one attempt would pay for the frame, and has nothing to do in it. */
  #traced(api: OtelApi, call: Call, next: Send<Call>): Promise<Outcome> {
    const active = activeContext(api)
    if (isSuppressed(active)) return next(call)
    const trace = new CallTrace(this, api, call, active)
    call.context.set(callTrace, trace)
    let outcome: Promise<Outcome>
    try {
      outcome = next(call)
    } catch (error) {
      trace.ended(undefined)
      throw error
    }
    return trace.follow(outcome)
  }
}
