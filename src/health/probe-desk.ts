import type { Call } from '../call/call.ts'
import { repeatable } from '../call/call-options.ts'
import { type Verdict, verdicts } from '../call/verdict.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Clock } from '../runtime/clock.ts'
import type { HealthBoard } from './health-board.ts'
import { Probe } from './probe.ts'

/** A judge of health that readmits an endpoint only after it has seen one attempt there. */
export interface ProbeJudge {
  /** The name under which it notes its findings on the board. */
  readonly name: string
  /**
   * The attempt is over, or took longer than a probe may, which counts as a failure. Told once for each {@link ProbeDesk.ask}. A verdict
   * that is nobody's fault is never told: the next call is the probe then.
   */
  probed(endpoint: Endpoint, verdict: Verdict): void
}

/** What routing asks before it sends an attempt. */
export interface ProbeSource {
  /** How many endpoints wait for a probe. Routing reads this for every attempt, and goes on when it is 0. */
  readonly waiting: number
  /**
   * Makes an attempt of a call the probe of an endpoint. The attempt must begin at once, and {@link Probe.ended} must be called when it
   * was judged.
   *
   * @param call the call.
   * @param accepts whether an attempt of this call may go to an endpoint, by everything but the endpoint's health.
   * @param lastResort whether there is nowhere else that the call could go.
   */
  take(call: Call, accepts: (endpoint: Endpoint) => boolean, lastResort: boolean): Probe | undefined
}

/** So many of the endpoints that wait are looked at for one attempt, so that thousands of them do not slow every call down. */
const mostLookedAt = 8

/** An endpoint that waits for a probe. */
interface Waiting {
  readonly since: number
  /** Whoever asked, with how long the probe may take. */
  readonly judges: Map<ProbeJudge, number>
}

/**
 * Where judges ask for a probe, and routing takes it: exactly one attempt for each endpoint at a time.
 *
 * An endpoint that is kept out stays `unhealthy` on the board while it is probed, so balancers never see it, and no picker is built anew for
 * it. Instead routing makes the next call that is fit for it the probe. Fit is the first attempt of a call that may be repeated elsewhere if
 * the probe fails, so that its caller does not notice; when no such call came for a while, any call is. An endpoint that another judge
 * keeps out as well waits until that one asks, too; then one attempt serves both.
 */
export class ProbeDesk implements ProbeSource {
  readonly #board: HealthBoard
  readonly #clock: Clock
  readonly #patienceMs: number
  readonly #waiting = new Map<Endpoint, Waiting>()
  readonly #underway = new Map<Endpoint, Probe>()

  /**
   * @param board where the judges note their findings.
   * @param clock ends a probe that takes too long.
   * @param patienceMs how long to wait for a call that may be repeated, in milliseconds.
   */
  constructor(board: HealthBoard, clock: Clock, patienceMs = 1_000) {
    this.#board = board
    this.#clock = clock
    this.#patienceMs = patienceMs
  }

  /** See {@link ProbeSource.waiting}. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Whether a probe of an endpoint is under way. */
  isUnderway(endpoint: Endpoint): boolean {
    return this.#underway.has(endpoint)
  }

  /**
   * Asks for one attempt at an endpoint. Leave what you noted on the board as it is until the probe is over.
   *
   * @param endpoint where.
   * @param judge is told how it went, once.
   * @param timeoutMs how long the probe may take until the head of its reply, in milliseconds.
   */
  ask(endpoint: Endpoint, judge: ProbeJudge, timeoutMs: number): void {
    this.#askAgain(endpoint, new Map([[judge, timeoutMs]]))
  }

  /** Takes back what a judge asked for: it is told nothing any more. */
  withdraw(endpoint: Endpoint, judge: ProbeJudge): void {
    const waiting = this.#waiting.get(endpoint)
    if (waiting?.judges.delete(judge) && waiting.judges.size === 0) this.#waiting.delete(endpoint)
    this.#underway.get(endpoint)?.leave(judge)
  }

  /** An endpoint is gone: nobody is told of it any more. */
  forget(endpoint: Endpoint): void {
    this.#waiting.delete(endpoint)
    this.#underway.get(endpoint)?.abandon()
    this.#underway.delete(endpoint)
  }

  /** The service is gone. */
  close(): void {
    this.#waiting.clear()
    for (const probe of this.#underway.values()) probe.abandon()
    this.#underway.clear()
  }

  /** See {@link ProbeSource.take}. */
  take(call: Call, accepts: (endpoint: Endpoint) => boolean, lastResort: boolean): Probe | undefined {
    const first = call.spent.length === 0 && call.underway.length === 0
    if (!first && !lastResort) return undefined
    const unnoticed = call.idempotent && call.context.get(repeatable)
    let left = Math.min(mostLookedAt, this.#waiting.size)
    for (const [endpoint, waiting] of this.#waiting) {
      if (left === 0) return undefined
      left -= 1
      const patient = !unnoticed && !lastResort && this.#clock.now() - waiting.since < this.#patienceMs
      if (!patient && accepts(endpoint) && this.#isFree(endpoint, waiting)) return this.#begin(endpoint, waiting)
      // To the end, so that one which cannot be probed now does not stand in front of others for ever.
      this.#waiting.delete(endpoint)
      this.#waiting.set(endpoint, waiting)
    }
    return undefined
  }

  /** Whether nobody keeps the endpoint out but those who ask, and nobody probes it now. */
  #isFree(endpoint: Endpoint, { judges }: Waiting): boolean {
    if (this.#underway.has(endpoint)) return false
    const asking = new Set<string>()
    for (const { name } of judges.keys()) asking.add(name)
    for (const [judge, state] of this.#board.findingsOf(endpoint)) if (state === 'unhealthy' && !asking.has(judge)) return false
    return true
  }

  #begin(endpoint: Endpoint, { judges }: Waiting): Probe {
    const probe = new Probe(endpoint, judges, this.#over)
    this.#waiting.delete(endpoint)
    this.#underway.set(endpoint, probe)
    // The attempt has its own time limits, or none: it is not this timer's to end it.
    const timer = this.#clock.schedule(Math.min(...judges.values()), () => probe.ended(verdicts.retryIfIdempotent), { background: true })
    probe.endsWith(timer)
    return probe
  }

  readonly #over = (probe: Probe, verdict: Verdict): void => {
    const { endpoint, judges } = probe
    this.#underway.delete(endpoint)
    if (verdict.kind === 'ignored') {
      if (judges.size > 0) this.#askAgain(endpoint, judges)
      return
    }
    for (const judge of [...judges.keys()]) judge.probed(endpoint, verdict)
  }

  #askAgain(endpoint: Endpoint, judges: ReadonlyMap<ProbeJudge, number>): void {
    const waiting = this.#waiting.get(endpoint)
    if (waiting === undefined) this.#waiting.set(endpoint, { since: this.#clock.now(), judges: new Map(judges) })
    else for (const [judge, timeoutMs] of judges) waiting.judges.set(judge, timeoutMs)
  }
}
