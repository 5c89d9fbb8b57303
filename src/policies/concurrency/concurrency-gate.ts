import type { BodyListener } from '../../call/body-feed.ts'
import type { Call } from '../../call/call.ts'
import type { Layer, Send } from '../../call/layer.ts'
import { failed, type Outcome } from '../../call/outcome.ts'
import { isOverload } from '../../call/overload.ts'
import { decidingAttempt } from '../../call/side-by-side.ts'
import type { MeshError } from '../../errors/mesh-error.ts'
import type { Host } from '../../runtime/host.ts'
import type { Random } from '../../runtime/random.ts'
import { RoomNews } from './room-news.ts'
import { type QueueSettings, WaitingRoom } from './waiting-room.ts'
import type { WatchedLimit } from './watched-limit.ts'

/** What a {@link ConcurrencyGate} needs to know. */
export interface GateSettings extends QueueSettings {
  /** `undefined` for any number of calls. */
  readonly limit: WatchedLimit | undefined
  /** Share of the calls without a permit that wait or are refused. */
  readonly enforce: number
}

/** What a limit did so far. */
export interface GateCounts {
  /** Calls, or attempts, that got a permit, at once or after a wait. */
  readonly granted: number
  /** Those of them that had to wait. */
  readonly waited: number
  /** Those that got none: too many waited already, or it took too long. */
  readonly refused: number
  /** Those that went on without one, because the limit is not enforced in full. */
  readonly spared: number
}

const granted = Symbol('granted')

/**
 * Lets so many calls of a service be in flight at once, and the others wait. A permit is held until the body of the reply is over; whoever gives
 * one back hands it to the next in line, so that nobody overtakes. That is there and then, unless so many went on in this turn of the event loop
 * already that others must have their turn: see {@link WaitingRoom}.
 */
export class ConcurrencyGate {
  /** Told whenever there may be room. */
  readonly news = new RoomNews()
  readonly #host: Host
  readonly #room: WaitingRoom<typeof granted>
  readonly #draws: Random
  readonly #counts = { granted: 0, waited: 0, spared: 0 }
  /** One for all calls: a body that ends says nothing of interest. */
  readonly #releaser: BodyListener = { bodyOver: () => this.#release() }
  readonly #hasRoom = (): boolean => this.#inFlight < this.#limit
  readonly #ended = (outcome: Outcome): Outcome => {
    if (outcome.ok) outcome.reply.body.whenOver(this.#releaser)
    else this.#release()
    return outcome
  }
  readonly #threw = (error: unknown): never => {
    this.#release()
    throw error
  }
  #settings: GateSettings = { limit: undefined, queue: 0, queueTimeoutMs: Number.POSITIVE_INFINITY, enforce: 1 }
  #limit = Number.POSITIVE_INFINITY
  #inFlight = 0

  /**
   * @param host time, chance, and who hears of calls that are refused.
   */
  constructor(host: Host) {
    this.#host = host
    this.#room = new WaitingRoom(host, { reason: 'a permit of the concurrency limit', field: 'concurrency' }, () => this.#tellNews())
    this.#draws = host.random.fork('concurrency')
  }

  /** Puts settings in force. Calls in flight keep their permits, and those who wait their places. */
  use(settings: GateSettings): void {
    this.#settings = settings
    this.#limit = settings.limit?.value ?? Number.POSITIVE_INFINITY
    this.#room.use(settings)
    this.#handOut()
  }

  /** Whether a call would get a permit at once. */
  get free(): boolean {
    return this.#inFlight < this.#limit && !this.#room.pausing
  }

  /** Most calls at once. */
  get limit(): number {
    return this.#limit
  }

  /** Calls that hold a permit. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Calls that wait for one. */
  get waiting(): number {
    return this.#room.length
  }

  /** See {@link GateCounts}. */
  get counts(): GateCounts {
    return { ...this.#counts, refused: this.#room.refused }
  }

  /** Carries a call when there is a permit for it. */
  readonly layer: Layer<Call> = (next) => (call) => {
    if (!this.free) {
      if (!this.#spares()) return this.#queue(call, next)
      this.#counts.spared += 1
    } else this.#counts.granted += 1
    this.#inFlight += 1
    return this.#carry(call, next)
  }

  /** Turns away everybody who waits. */
  close(error: (call: Call) => MeshError): void {
    this.#room.close(error)
  }

  async #queue(call: Call, next: Send<Call>): Promise<Outcome> {
    const result = await this.#room.wait(call, () => {
      this.#inFlight += 1
      return granted
    })
    if (result !== granted) return failed(result)
    this.#counts.granted += 1
    this.#counts.waited += 1
    return this.#carry(call, next)
  }

  /** No async function where the limit stays as it is: the frame would cost more than the permit. */
  #carry(call: Call, next: Send<Call>): Promise<Outcome> {
    const { limit } = this.#settings
    if (limit?.learns === true) return this.#carryAndLearn(call, next, limit)
    try {
      return next(call).then(this.#ended, this.#threw)
    } catch (error) {
      this.#release()
      return Promise.reject(error)
    }
  }

  async #carryAndLearn(call: Call, next: Send<Call>, limit: WatchedLimit): Promise<Outcome> {
    const inFlight = this.#inFlight
    const before = call.spent.length
    let outcome: Outcome
    try {
      outcome = await next(call)
    } catch (error) {
      return this.#threw(error)
    }
    if (call.spent.length > before) this.#learn(limit, call, outcome, inFlight)
    return this.#ended(outcome)
  }

  #learn(limit: WatchedLimit, call: Call, outcome: Outcome, inFlight: number): void {
    const attempt = decidingAttempt(call)
    const overloaded = isOverload(outcome)
    if (attempt === undefined || (!overloaded && attempt.verdict.kind !== 'success')) return
    limit.ended({ latencyMs: attempt.latencyMs, inFlight, overloaded, now: this.#host.clock.now() })
    if (limit !== this.#settings.limit) return
    this.#limit = limit.value
    this.#handOut()
  }

  #release(): void {
    this.#inFlight -= 1
    this.#handOut()
  }

  #handOut(): void {
    if (this.#room.length > 0) this.#room.attend(this.#hasRoom)
    this.#tellNews()
  }

  #tellNews(): void {
    if (this.free) this.news.tell()
  }

  #spares(): boolean {
    const { enforce } = this.#settings
    return enforce < 1 && this.#draws.next() >= enforce
  }
}
