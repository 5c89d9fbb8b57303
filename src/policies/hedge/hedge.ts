import type { Call } from '../../call/call.ts'
import type { Layer, Send } from '../../call/layer.ts'
import type { Outcome } from '../../call/outcome.ts'
import { decidedBy, sideBySide } from '../../call/side-by-side.ts'
import type { Host } from '../../runtime/host.ts'
import type { ExtraAttempts } from '../retry/extra-attempts.ts'
import { attemptsMade, isRepeatedAbove, mayRepeat } from '../retry/may-repeat.ts'
import { HedgeDelay } from './hedge-delay.ts'
import type { HedgeSettings } from './hedge-options.ts'
import { Race } from './race.ts'

/** What surrounds hedging. */
export interface HedgePlace {
  /** Most attempts of one call, those of retries included. */
  readonly attempts: number
  /** Whether a layer around this one tells the budget of calls. */
  readonly countsCalls: boolean
}

/** Makes attempts of one service's calls side by side. */
export class Hedger {
  readonly settings: HedgeSettings
  readonly host: Host
  readonly delay: HedgeDelay
  readonly extra: ExtraAttempts
  readonly #place: HedgePlace

  constructor(settings: HedgeSettings, host: Host, extra: ExtraAttempts, place: HedgePlace) {
    this.settings = settings
    this.host = host
    this.extra = extra
    this.delay = new HedgeDelay(settings)
    this.#place = place
  }

  run(call: Call, next: Send<Call>): Promise<Outcome> {
    if (!this.#place.countsCalls) this.extra.callBegan(call.startedAt)
    if (call.idempotent && this.canHedge(call)) {
      call.context.set(sideBySide, true)
      return new Race(call, next, this).run()
    }
    if (call.spent.length > 0) call.context.set(decidedBy, undefined)
    return next(call)
  }

  /** Whether a call may have another attempt beside those that it has, whatever that costs. */
  canHedge(call: Call): boolean {
    const { body } = call
    return (body.whole || body.shareable === true) && mayRepeat(call) && !isRepeatedAbove(call) && attemptsMade(call) + 1 <= this.#most
  }

  /** Pays for another attempt; `false` when it must not be made. */
  pay(now: number): boolean {
    const { enforce } = this.settings
    if (enforce < 1 && this.host.random.next() >= enforce) {
      this.extra.counts.hedgesWithheld += 1
      return false
    }
    if (this.extra.take(now)) return true
    this.extra.counts.overBudget += 1
    return false
  }

  get #most(): number {
    return Math.max(this.#place.attempts, this.settings.attempts)
  }
}

/**
 * Makes another attempt of an idempotent call, at another endpoint, beside one that takes long: after a fixed time, or when it takes longer
 * than most have lately. The first usable answer wins, and the others are stopped and held against nobody. A failure that may be repeated
 * brings the next attempt at once, unless the server asked to wait (gRFC A6); any other failure is an answer.
 *
 * Each such attempt is paid from the budget that retries have. A body that cannot be sent twice at the same time is not hedged, nor is a call
 * in the service of an inbound request that is itself a repetition.
 *
 * @param settings see {@link HedgeSettings}.
 * @param host time, chance, and who hears of hedges.
 * @param extra what the service may make in attempts beyond the first.
 * @param place what surrounds this layer.
 * @returns a layer that surrounds requeues and routing, inside of retries.
 */
export function hedge(settings: HedgeSettings, host: Host, extra: ExtraAttempts, place: HedgePlace): Layer<Call> {
  const hedger = new Hedger(settings, host, extra, place)
  return (next) => (call) => hedger.run(call, next)
}
