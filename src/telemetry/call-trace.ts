import type { Attempt } from '../call/attempt.ts'
import type { Call } from '../call/call.ts'
import { contextKey } from '../call/context-values.ts'
import { type HeaderList, noHeaders } from '../call/header-list.ts'
import { inherited } from '../call/inbound-call.ts'
import { mirrorOf } from '../call/mirror-of.ts'
import type { Outcome } from '../call/outcome.ts'
import { previousHop } from '../call/previous-hop.ts'
import { asPromise } from '../call/settling.ts'
import { decidingAttempt } from '../call/side-by-side.ts'
import type { Verdict } from '../call/verdict.ts'
import { waits } from '../call/waiting-for.ts'
import {
  type OtelApi,
  type OtelAttributes,
  type OtelContext,
  type OtelSpan,
  type OtelSpanContext,
  type OtelTime,
  spanKinds,
  timeOf,
} from './otel-api.ts'
import { redactPath } from './redact-path.ts'
import type { ServiceTracing } from './service-tracing.ts'
import { tellAttemptBegan, tellAttemptEnded, tellCallEnded, tellRefused } from './span-attributes.ts'
import { remoteSpan, spanContextOf, suppressed, withSpan } from './trace-context.ts'

/** The trace of a call; `undefined` when nothing is traced. */
export const callTrace = contextKey<CallTrace | undefined>('trace', undefined)

/** Waits that are shorter than so many milliseconds are not worth telling. */
const shownWaitMs = 1
/** A wait before the first attempt that is worth a span of the call's own, in milliseconds. */
const longWaitMs = 10
const hedgeLink = Object.freeze({ 'proxyless.link': 'hedged attempt' })

/** The spans of one call. */
export class CallTrace {
  readonly api: OtelApi
  /** The trace headers of the inbound request. */
  readonly carried: HeaderList
  readonly #tracing: ServiceTracing
  readonly #call: Call
  /** What attempts are children of: the caller's span, or that of the call once there is one. */
  #parent: OtelContext
  #span: OtelSpan | undefined
  #first: OtelSpanContext | undefined
  #begun = 0
  /** Whether nobody's trace goes on here: its first span begins one. */
  readonly #isRoot: boolean
  /** How often the request was sent before a redirect led here. */
  readonly #before: number
  /** The span of the attempt that is under way. Nearly always it is the only one, and no map is made for it. */
  #open: OtelSpan | undefined
  #openNumber = 0
  /** The spans of others beside it, by the number of the attempt. */
  #others: Map<number, OtelSpan> | undefined
  /** How long each wait was when it was told last, in milliseconds. */
  #told: Map<string, number> | undefined
  /** The span of a first attempt that is over, and began the trace: it ends when it is known whether the call goes on. */
  #late: OtelSpan | undefined
  #lateEnd: OtelTime | undefined
  /** What becomes of the call, as long as only the span of its attempt wants to know. */
  #unheard: Promise<Outcome> | undefined

  /** @param active the context that the caller runs in. */
  constructor(tracing: ServiceTracing, api: OtelApi, call: Call, active: OtelContext) {
    this.#tracing = tracing
    this.api = api
    this.#call = call
    this.carried = call.context.get(inherited)?.trace ?? noHeaders
    const hop = call.context.get(previousHop)?.context.get(callTrace)
    this.#before = hop === undefined ? 0 : hop.#before + hop.#begun
    this.#parent = active
    let known = spanContextOf(active)
    if (known === undefined) {
      // Without a span around it, a call goes on with the trace that it was redirected in, that its caller serves, or that it was given.
      // A copy that a mirror sends is part of the trace of its original.
      const origin = hop ?? call.context.get(mirrorOf)?.context.get(callTrace)
      if (origin !== undefined) this.#parent = origin.#beginTrace()
      else if (this.carried.length > 0) this.#parent = tracing.propagator.extract(api, active, this.carried)
      else this.#parent = tracing.propagator.extract(api, active, call.headers)
      known = spanContextOf(this.#parent)
    }
    this.#isRoot = known === undefined
    if (tracing.settings.callSpan === 'always') this.#beginCallSpan()
  }

  /** Which trace the call is part of. */
  get traceId(): string | undefined {
    return (spanContextOf(this.#parent) ?? this.#first)?.traceId
  }

  /** Hears what becomes of the call, if a span ends with it. A call whose only span is that of its attempt makes no promise for that. */
  follow(sending: Promise<Outcome>): Promise<Outcome> {
    // Kept, and perhaps listened to later.
    const outcome = asPromise(sending)
    if (this.#span !== undefined || this.#late !== undefined || (this.#begun === 0 && this.#tracing.settings.callSpan !== 'never'))
      return this.#heard(outcome)
    this.#unheard = outcome
    return outcome
  }

  /** What the spans of attempts are children of. */
  get parent(): OtelContext {
    return this.#parent
  }

  /** An attempt begins. @returns its span. */
  attemptBegan(attempt: Attempt): OtelSpan {
    const { tracer, starts, settings } = this.#tracing
    this.#begun += 1
    if (this.#span === undefined && settings.callSpan === 'when-needed' && (this.#begun > 1 || this.#hasWaited())) this.#beginCallSpan()
    this.#tellWaits(this.#span)
    const start = starts.of(attempt)
    const first = this.#first
    // With itself, two that are under way run side by side.
    const hedges = first !== undefined && this.#call.underway.length > 1
    const options = hedges ? { ...start.options, links: [{ context: first, attributes: hedgeLink }] } : start.options
    const span = tracer(this.api).startSpan(start.name, options, this.#onward())
    this.#first ??= span.spanContext()
    this.#opened(attempt.number, span)
    if (span.isRecording()) {
      const { call, endpoint, path } = attempt
      span.setAttribute('url.full', start.origin + redactPath(path, settings.redact))
      span.setAttributes(starts.endpointAttributes(call.service, endpoint))
      tellAttemptBegan(span, attempt, this.#before + this.#begun - 1, settings.redact)
      const left = this.#tracing.leftOut()
      if (left > 0) span.addEvent('proxyless.endpoints_left_out', { 'proxyless.endpoints.left_out': left })
    }
    return span
  }

  /** The context of an attempt that is under way, in which nothing below traces; `undefined` when it is over. */
  quietContext(number: number): OtelContext | undefined {
    const span = this.#open !== undefined && this.#openNumber === number ? this.#open : this.#others?.get(number)
    return span === undefined ? undefined : suppressed(withSpan(this.#parent, span))
  }

  /** Something happened to an attempt that is under way, which its span tells. */
  tellAttempt(number: number, name: string, attributes: OtelAttributes): void {
    const span = this.#open !== undefined && this.#openNumber === number ? this.#open : this.#others?.get(number)
    if (span?.isRecording()) span.addEvent(name, attributes, this.#wallTime())
  }

  /** An attempt is over, as far as the head of its reply, and was judged. */
  attemptEnded(number: number, outcome: Outcome, verdict: Verdict): void {
    const span = this.#closed(number)
    if (span === undefined) return
    if (span.isRecording()) {
      this.#tellWaits(span)
      tellAttemptEnded(span, outcome, verdict)
    }
    // Only of a failure more can come. Nobody else knows of this trace: who keeps traces by their end would take it for over.
    const mayGoOn = this.#isRoot && this.#span === undefined && verdict.kind === 'failure'
    if (mayGoOn && this.#tracing.settings.callSpan === 'when-needed') this.#endLater(span)
    else span.end()
  }

  /** The call is over, as far as the head of its reply; without an outcome when a layer threw. A processor that throws fails no call. */
  ended(outcome: Outcome | undefined): void {
    try {
      this.#end(outcome)
    } catch (error) {
      this.#tracing.threw(error)
    }
  }

  #end(outcome: Outcome | undefined): void {
    const { settings } = this.#tracing
    this.#endLate()
    // A call of which nothing was sent would leave no span at all.
    if (this.#span === undefined && settings.callSpan !== 'never' && this.#begun === 0) this.#beginCallSpan()
    const span = this.#span
    if (span === undefined) return
    if (outcome !== undefined && span.isRecording()) {
      this.#tellWaits(span)
      if (!outcome.ok) tellRefused(span, outcome.error, this.#wallTime())
      tellCallEnded(span, outcome, this.#begun, decidingAttempt(this.#call)?.verdict)
    }
    span.end(this.#wallTime())
  }

  #opened(number: number, span: OtelSpan): void {
    if (this.#open === undefined) {
      this.#open = span
      this.#openNumber = number
      return
    }
    this.#others ??= new Map()
    this.#others.set(number, span)
  }

  #closed(number: number): OtelSpan | undefined {
    if (this.#open !== undefined && this.#openNumber === number) {
      const span = this.#open
      this.#open = undefined
      return span
    }
    const span = this.#others?.get(number)
    this.#others?.delete(number)
    return span
  }

  /** The context of what belongs to the call and is not an attempt of its own: a trace that it began goes on. */
  #beginTrace(): OtelContext {
    const { callSpan } = this.#tracing.settings
    // A copy goes out before its original does.
    if (this.#isRoot && this.#first === undefined && this.#span === undefined && callSpan !== 'never') this.#beginCallSpan()
    return this.#onward()
  }

  /** What is begun next is a child of. Without this, every attempt of a call outside of any span would begin a trace. */
  #onward(): OtelContext {
    const first = this.#first
    return this.#isRoot && first !== undefined && this.#span === undefined ? withSpan(this.#parent, remoteSpan(first)) : this.#parent
  }

  #endLater(span: OtelSpan): void {
    this.#endLate()
    this.#late = span
    this.#lateEnd = this.#wallTime()
    this.#hear()
  }

  #endLate(): void {
    const span = this.#late
    this.#late = undefined
    span?.end(this.#lateEnd)
  }

  /** Begins to hear what becomes of the call, which is on its way past this room already. Who rejects it is heard by others. */
  #hear(): void {
    if (this.#unheard !== undefined) this.#heard(this.#unheard).catch(() => {})
    this.#unheard = undefined
  }

  #beginCallSpan(): void {
    const { host, tracer } = this.#tracing
    const { service, method, startedAt } = this.#call
    const startTime = timeOf(host.clock.wallTime() - (host.clock.now() - startedAt))
    const links = this.#first === undefined ? [] : [{ context: this.#first, attributes: { 'proxyless.link': 'first attempt' } }]
    const span = tracer(this.api).startSpan(`call ${service}`, { kind: spanKinds.internal, links, startTime }, this.#onward())
    this.#span = span
    this.#parent = withSpan(this.#parent, span)
    // Before the next attempt begins: it may be what makes the trace worth keeping, which that attempt tells its server.
    this.#endLate()
    this.#hear()
    if (!span.isRecording()) return
    const { route } = this.#call
    span.setAttributes({
      'proxyless.service': service,
      'http.request.method': method,
      ...(route === undefined ? {} : { 'proxyless.route': route }),
    })
  }

  #heard(outcome: Promise<Outcome>): Promise<Outcome> {
    return outcome.then(
      (ended) => {
        this.ended(ended)
        return ended
      },
      (error: unknown) => {
        this.ended(undefined)
        throw error
      },
    )
  }

  #hasWaited(): boolean {
    const all = this.#call.context.get(waits)
    return all.length > 0 && all.some(({ ms }) => ms >= longWaitMs)
  }

  /** Tells what the call waited for since this was told last. */
  #tellWaits(span: OtelSpan | undefined): void {
    const all = this.#call.context.get(waits)
    if (all.length === 0 || span === undefined || !span.isRecording()) return
    this.#told ??= new Map()
    for (const { reason, ms } of all) {
      const more = ms - (this.#told.get(reason) ?? 0)
      if (more < shownWaitMs) continue
      this.#told.set(reason, ms)
      span.addEvent('proxyless.waited', { 'proxyless.wait.for': reason, 'proxyless.wait.ms': more }, this.#wallTime())
    }
  }

  #wallTime(): OtelTime {
    return timeOf(this.#tracing.host.clock.wallTime())
  }
}
