import type { OtelContext } from '../telemetry/otel-api.ts'
import { spanContextOf } from '../telemetry/trace-context.ts'
import { isSampled } from './ended-span.ts'

/** OpenTelemetry's numbers for what a sampler decides. */
const decisions = Object.freeze({ leaveOut: 0, record: 1, recordAndSample: 2 } as const)

/** The digits of a trace id that are drawn by chance (W3C Trace Context level 2), as far as a number holds them exactly. */
const drawnDigits = 13
const most = 16 ** drawnDigits

/**
 * Decides whether a trace is exported, when it begins: every trace with its own luck, and by its id, so that whoever asks gets the same
 * answer. What has a parent does as its parent does, wherever that is.
 *
 * With a keeper, what is not chosen is recorded all the same, and its end decides.
 */
export class TraceSampler {
  readonly #share: number
  readonly #keeper: { isKept(traceId: string): boolean } | undefined

  /**
   * @param share of traces that are chosen, from 0 to 1.
   * @param keeper decides on the others by their end; without one they are left out.
   */
  constructor(share: number, keeper?: { isKept(traceId: string): boolean }) {
    this.#share = share
    this.#keeper = keeper
  }

  /** As an SDK asks. */
  shouldSample(context: OtelContext, traceId: string): { readonly decision: number } {
    const parent = spanContextOf(context)
    const chosen = parent === undefined ? this.#drawn(traceId) : isSampled(parent)
    if (chosen || this.#keeper?.isKept(traceId) === true) return { decision: decisions.recordAndSample }
    return { decision: this.#keeper === undefined ? decisions.leaveOut : decisions.record }
  }

  toString(): string {
    return `TraceSampler{${this.#share}}`
  }

  #drawn(traceId: string): boolean {
    return Number.parseInt(traceId.slice(-drawnDigits), 16) < this.#share * most
  }
}
