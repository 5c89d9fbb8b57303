import type { Call } from '../../call/call.ts'
import { callPriority } from '../../call/call-options.ts'
import { routeFact } from '../../call/call-route.ts'
import type { Layer, Send } from '../../call/layer.ts'
import { failed, type Outcome } from '../../call/outcome.ts'
import { decidingAttempt } from '../../call/side-by-side.ts'
import { MeshError } from '../../errors/mesh-error.ts'
import type { Host } from '../../runtime/host.ts'
import type { Random } from '../../runtime/random.ts'
import type { AdmissionSettings } from './admission-options.ts'
import { AdmissionWindow } from './admission-window.ts'

/** So many hearers are kept for calls to come. */
const mostIdle = 1_024

/** What admission control did so far. */
export interface AdmissionCounts {
  /** Calls that were let through. */
  readonly admitted: number
  /** Calls that were refused. */
  readonly refused: number
  /** Calls that would have been refused, and were let through because the control is not enforced in full. */
  readonly spared: number
}

/**
 * The share of calls to refuse.
 *
 * @param requests calls within the window.
 * @param accepts those that the service accepted.
 */
export function rejectedShare(
  requests: number,
  accepts: number,
  settings: Pick<AdmissionSettings, 'factor' | 'aggression' | 'maxShare'>,
): number {
  const { factor, aggression, maxShare } = settings
  const share = (requests - factor * accepts) / (requests + 1)
  return share <= 0 ? 0 : Math.min(maxShare, aggression === 1 ? share : share ** (1 / aggression))
}

/** Hears what becomes of one call, and then of another one: what listens to a promise would otherwise be made for each. */
class Hearer {
  readonly #told: (call: Call, before: number, outcome: Outcome) => void
  readonly #idle: Hearer[]
  #call: Call | undefined
  #before = 0

  /**
   * @param told what became of the call.
   * @param idle where it goes when it is.
   */
  constructor(told: (call: Call, before: number, outcome: Outcome) => void, idle: Hearer[]) {
    this.#told = told
    this.#idle = idle
  }

  hear(call: Call, next: Send<Call>): Promise<Outcome> {
    this.#call = call
    this.#before = call.spent.length
    try {
      return next(call).then(this.#answered, this.#threw)
    } catch (error) {
      this.#rest()
      return Promise.reject(error)
    }
  }

  readonly #answered = (outcome: Outcome): Outcome => {
    const call = this.#call as Call
    const before = this.#before
    this.#rest()
    this.#told(call, before, outcome)
    return outcome
  }

  readonly #threw = (error: unknown): never => {
    this.#rest()
    throw error
  }

  #rest(): void {
    this.#call = undefined
    if (this.#idle.length < mostIdle) this.#idle.push(this)
  }
}

/**
 * Refuses calls here that the service would most likely refuse there: adaptive throttling, as in the book "Site Reliability Engineering" and in
 * Envoy's admission control. The share of refusals follows from how many calls the service accepted of late; the least important calls go first.
 *
 * A call counts when its last attempt is over, with its retries as one. One that never got to the service, or whose caller left, counts for nothing.
 */
export class Admission {
  readonly #settings: AdmissionSettings
  readonly #host: Host
  readonly #window: AdmissionWindow
  readonly #draws: Random
  readonly #counts = { admitted: 0, refused: 0, spared: 0 }
  readonly #idle: Hearer[] = []

  /**
   * @param settings see {@link AdmissionSettings}.
   * @param host time, chance, and who hears of refused calls.
   */
  constructor(settings: AdmissionSettings, host: Host) {
    this.#settings = settings
    this.#host = host
    this.#window = new AdmissionWindow(settings.windowMs, host.clock.now())
    this.#draws = host.random.fork('admission')
  }

  /** See {@link AdmissionCounts}. */
  get counts(): AdmissionCounts {
    return { ...this.#counts }
  }

  /** The share of calls that is refused now, from 0 to 1. */
  get rejectedShare(): number {
    return this.#shareAt(this.#host.clock.now())
  }

  #shareAt(now: number): number {
    const window = this.#window
    window.advance(now)
    if (window.requests < this.#settings.minimumCalls) return 0
    return rejectedShare(window.requests, window.accepts, this.#settings)
  }

  /** Refuses a call, or lets it through and hears what becomes of it. */
  readonly layer: Layer<Call> = (next) => (call) => {
    const refusal = this.#refusalOf(call)
    if (refusal !== undefined) return Promise.resolve(failed(refusal))
    // No async function: the frame would cost more than everything else here.
    const hearer = this.#idle.pop() ?? new Hearer(this.#heard, this.#idle)
    return hearer.hear(call, next)
  }

  #refusalOf(call: Call): MeshError | undefined {
    // When the call began, which costs no look at the clock. One that waited since comes after others that ended: the window never goes back.
    const share = this.#shareAt(call.startedAt)
    const priority = call.context.get(callPriority)
    if (share === 0 || this.#draws.next() >= Math.min(this.#settings.maxShare, this.#window.shareOf(priority, share))) {
      this.#counts.admitted += 1
      return undefined
    }
    const { enforce } = this.#settings
    if (enforce < 1 && this.#draws.next() >= enforce) {
      this.#counts.spared += 1
      return undefined
    }
    this.#counts.refused += 1
    this.#window.add(this.#host.clock.now(), priority, false)
    return this.#refuse(call, priority, share)
  }

  #refuse(call: Call, priority: number, share: number): MeshError {
    const { service } = call
    const { requests, accepts } = this.#window
    this.#host.emit('call-shed', { service, by: 'admission', priority, ...routeFact(call) })
    const message = `refused here, as ${Math.round(share * 100)} of 100 calls are, the least important first: the service accepted ${accepts} of the last ${requests}`
    return new MeshError('OVERLOADED', message, { service, sent: false, field: 'admission' })
  }

  /** A call is over that had so many attempts when it came in. */
  readonly #heard = (call: Call, before: number, outcome: Outcome): void => {
    if (call.spent.length === before) return
    const overloaded = this.#isOverloaded(outcome)
    const attempt = decidingAttempt(call)
    if (!overloaded && attempt?.verdict.kind === 'ignored') return
    const endedAt = attempt === undefined ? this.#host.clock.now() : attempt.startedAt + attempt.latencyMs
    this.#window.add(endedAt, call.context.get(callPriority), !overloaded)
  }

  #isOverloaded(outcome: Outcome): boolean {
    try {
      return this.#settings.overloaded(outcome)
    } catch (error) {
      this.#host.emit('part-threw', { service: this.#host.service, part: 'admission.overloaded', error })
      return false
    }
  }
}
