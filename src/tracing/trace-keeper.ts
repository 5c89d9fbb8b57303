import type { Clock, Timer } from '../runtime/clock.ts'
import { asSampled, type EndedSpan, isSampled, type SpanProcessor, type SpanSink } from './ended-span.ts'
import { type KeepRules, worthKeeping } from './worth-keeping.ts'

/** How a {@link TraceKeeper} works. */
export interface TraceKeeperSettings extends KeepRules {
  /** How long a trace is held at the most, in milliseconds. */
  readonly holdForMs: number
  /** How many spans are held at the most, of all traces; a trace counts as one itself. */
  readonly maxSpans: number
}

/** What became of the traces that nobody had chosen beforehand. */
export interface KeeperCounts {
  /** Traces that are held now. */
  held: number
  /** Spans of theirs that are held now. */
  heldSpans: number
  /** Traces that turned out to be worth keeping. */
  kept: number
  /** Traces that ended without anything worth telling. */
  dropped: number
  /** Traces that were let go before their end: they took too long, there were too many spans, or tracing was stopped. */
  cutShort: number
}

/** A trace whose end is not known. */
interface HeldTrace {
  /** Spans of it in this process that are not over. */
  open: number
  readonly spans: EndedSpan[]
  readonly since: number
}

const background = Object.freeze({ background: true })

/**
 * Keeps traces by their end. A trace that was sampled when it began passes through. The spans of any other are held until none of them is
 * under way in this process, which is when its local root is over; if one of them failed, was repeated or was slow, all go on, and from
 * then on the trace is a sampled one: later attempts tell their servers so. If none did, they are dropped.
 *
 * What it holds is bounded in number and in time. The oldest trace gives way, and is counted.
 */
export class TraceKeeper implements SpanProcessor {
  readonly counts: KeeperCounts = { held: 0, heldSpans: 0, kept: 0, dropped: 0, cutShort: 0 }
  readonly #settings: TraceKeeperSettings
  readonly #next: SpanSink
  readonly #clock: Clock
  /** In the order in which they began. */
  readonly #held = new Map<string, HeldTrace>()
  /** Traces that were kept of late, of which more may come. */
  readonly #kept = new Set<string>()
  #timer: Timer | undefined

  /**
   * @param settings see {@link TraceKeeperSettings}.
   * @param next gets the spans that are kept, each of them sampled.
   * @param clock the source of time.
   */
  constructor(settings: TraceKeeperSettings, next: SpanSink, clock: Clock) {
    this.#settings = settings
    this.#next = next
    this.#clock = clock
  }

  /** Whether a trace turned out to be worth keeping. */
  isKept(traceId: string): boolean {
    return this.#kept.has(traceId)
  }

  onStart(span: Pick<EndedSpan, 'spanContext'>): void {
    const context = span.spanContext()
    const { traceId } = context
    if (isSampled(context) || this.#kept.has(traceId)) return
    const known = this.#held.get(traceId)
    if (known !== undefined) {
      known.open += 1
      return
    }
    this.#held.set(traceId, { open: 1, spans: [], since: this.#clock.now() })
    this.counts.held += 1
    this.#makeRoom()
    this.#arm()
  }

  onEnd(span: EndedSpan): void {
    const context = span.spanContext()
    const { traceId } = context
    const trace = this.#held.get(traceId)
    if (isSampled(context) || this.#kept.has(traceId)) {
      this.#next.onEnd(asSampled(span))
      return
    }
    if (worthKeeping(span, this.#settings)) {
      this.#keep(traceId, trace)
      this.#next.onEnd(asSampled(span))
      return
    }
    // Its trace was let go before it was over.
    if (trace === undefined) return
    trace.open -= 1
    if (trace.open <= 0) {
      this.counts.dropped += 1
      this.#release(traceId, trace)
      return
    }
    trace.spans.push(span)
    this.counts.heldSpans += 1
    this.#makeRoom()
  }

  forceFlush(): Promise<void> {
    return Promise.resolve()
  }

  shutdown(): Promise<void> {
    this.#timer?.cancel()
    for (const [traceId, trace] of this.#held) this.#cutShort(traceId, trace)
    return Promise.resolve()
  }

  #keep(traceId: string, trace: HeldTrace | undefined): void {
    this.counts.kept += 1
    this.#kept.add(traceId)
    if (this.#kept.size > this.#settings.maxSpans) {
      for (const oldest of this.#kept) {
        this.#kept.delete(oldest)
        break
      }
    }
    if (trace === undefined) return
    for (const span of trace.spans) this.#next.onEnd(asSampled(span))
    this.#release(traceId, trace)
  }

  #release(traceId: string, trace: HeldTrace): void {
    this.#held.delete(traceId)
    this.counts.held -= 1
    this.counts.heldSpans -= trace.spans.length
  }

  #cutShort(traceId: string, trace: HeldTrace): void {
    this.counts.cutShort += 1
    this.#release(traceId, trace)
  }

  #makeRoom(): void {
    if (this.counts.held + this.counts.heldSpans <= this.#settings.maxSpans) return
    for (const [traceId, trace] of this.#held) {
      this.#cutShort(traceId, trace)
      if (this.counts.held + this.counts.heldSpans <= this.#settings.maxSpans) return
    }
  }

  /** One timer for all: the oldest trace is the first whose time is up. */
  #arm(): void {
    if (this.#timer !== undefined) return
    const { holdForMs } = this.#settings
    for (const { since } of this.#held.values()) {
      this.#timer = this.#clock.schedule(Math.max(0, since + holdForMs - this.#clock.now()), () => this.#due(), background)
      return
    }
  }

  #due(): void {
    this.#timer = undefined
    const until = this.#clock.now() - this.#settings.holdForMs
    for (const [traceId, trace] of this.#held) {
      if (trace.since > until) break
      this.#cutShort(traceId, trace)
    }
    this.#arm()
  }
}
