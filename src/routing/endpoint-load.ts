import type { MeterEnd } from '../balancing/load-meter.ts'
import type { Outcome } from '../call/outcome.ts'
import type { Verdict } from '../call/verdict.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { WatchedLimit } from '../policies/concurrency/watched-limit.ts'

/** Who gives out the permits of an endpoint. */
export interface PermitGiver {
  /** Whether an endpoint has no room. */
  isFull(endpoint: Endpoint): boolean
  /** An attempt is over, or the limit has learnt. */
  madeRoom(load: EndpointLoad): void
  /** The limit is one that learns: what became of an attempt. */
  learn(limit: WatchedLimit, verdict: Verdict, latencyMs: number, outcome: Outcome | undefined, inFlight: number): boolean
}

/** How much is going on at one endpoint. What ends its attempts is used again and again, so that a permit allocates nothing. */
export class EndpointLoad {
  readonly giver: PermitGiver
  readonly endpoint: Endpoint
  /** Whose settings the limit is from. */
  settings: object
  limit: WatchedLimit
  inFlight = 0
  /** Places kept for attempts that are just about to begin. */
  reserved = 0
  /** Ends that learn, of attempts that are over. */
  readonly #idle: LearningEnd[] = []

  /**
   * @param giver whose permits they are.
   * @param endpoint where.
   * @param settings whose settings the limit is from.
   * @param limit most attempts at once.
   */
  constructor(giver: PermitGiver, endpoint: Endpoint, settings: object, limit: WatchedLimit) {
    this.giver = giver
    this.endpoint = endpoint
    this.settings = settings
    this.limit = limit
  }

  /** Whether one more may begin. */
  readonly hasRoom = (): boolean => !this.giver.isFull(this.endpoint)

  /** An attempt begins. @returns what ends it, once. */
  began(): MeterEnd {
    this.inFlight += 1
    if (!this.limit.learns) return this.#end
    const idle = this.#idle.pop() ?? new LearningEnd(this, this.#idle)
    return idle.began(this.limit, this.inFlight)
  }

  /** An attempt is over. */
  over(): void {
    this.inFlight -= 1
    this.giver.madeRoom(this)
  }

  /** The same for all attempts: it says no more than that one is over. */
  readonly #end: MeterEnd = () => this.over()
}

/** Ends one attempt after the other, and tells the limit how long each took. */
class LearningEnd {
  readonly #load: EndpointLoad
  readonly #idle: LearningEnd[]
  #limit: WatchedLimit | undefined
  #inFlight = 0
  readonly #end: MeterEnd

  constructor(load: EndpointLoad, idle: LearningEnd[]) {
    this.#load = load
    this.#idle = idle
    this.#end = () => this.#over()
    this.#end.answered = (verdict, latencyMs, outcome) => this.#answered(verdict, latencyMs, outcome)
  }

  began(limit: WatchedLimit, inFlight: number): MeterEnd {
    this.#limit = limit
    this.#inFlight = inFlight
    return this.#end
  }

  #answered(verdict: Verdict, latencyMs: number, outcome: Outcome | undefined): void {
    const { giver } = this.#load
    const learnt = giver.learn(this.#limit as WatchedLimit, verdict, latencyMs, outcome, this.#inFlight)
    if (learnt) giver.madeRoom(this.#load)
  }

  #over(): void {
    this.#limit = undefined
    this.#idle.push(this)
    this.#load.over()
  }
}
