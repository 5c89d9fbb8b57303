import type { LoadMeter, MeterEnd } from '../balancing/load-meter.ts'
import type { Call } from '../call/call.ts'
import type { Outcome } from '../call/outcome.ts'
import { isOverload } from '../call/overload.ts'
import type { Verdict } from '../call/verdict.ts'
import { type Endpoint, RosterEndpoint } from '../endpoint/endpoint.ts'
import type { MeshError } from '../errors/mesh-error.ts'
import type { GateCounts } from '../policies/concurrency/concurrency-gate.ts'
import { RoomNews } from '../policies/concurrency/room-news.ts'
import { type Attend, everybody, type QueueSettings, WaitingRoom } from '../policies/concurrency/waiting-room.ts'
import type { WatchedLimit } from '../policies/concurrency/watched-limit.ts'
import type { Host } from '../runtime/host.ts'
import type { Random } from '../runtime/random.ts'
import { EndpointLoad, type PermitGiver } from './endpoint-load.ts'

/** What {@link EndpointPermits} need to know. */
export interface PermitSettings extends QueueSettings {
  /** The limit of an endpoint: one for all if it never changes. */
  readonly limitOf: (endpoint: Endpoint) => WatchedLimit
  /** Share of the attempts that keep to it. */
  readonly enforce: number
}

/** What somebody who waited goes to: `undefined` when nobody is left to go to. */
export interface Reservation {
  /** The endpoint, where a place is kept. */
  readonly endpoint: Endpoint | undefined
}

/**
 * How many attempts may be in flight at each endpoint. The endpoints that have room are offered to the balancer; when none has, attempts wait for the
 * first place that becomes free at one that they may go to.
 */
export class EndpointPermits implements LoadMeter, PermitGiver {
  readonly name = 'endpoint permits'
  /** Told whenever there may be room. */
  readonly news = new RoomNews()
  readonly #host: Host
  readonly #room: WaitingRoom<Reservation>
  readonly #draws: Random
  readonly #loads = new WeakMap<Endpoint, EndpointLoad>()
  readonly #counts = { granted: 0, waited: 0, spared: 0 }
  #settings: PermitSettings

  /**
   * @param settings see {@link PermitSettings}.
   * @param host time, chance, and who hears of calls that are refused.
   */
  constructor(settings: PermitSettings, host: Host) {
    this.#settings = settings
    this.#host = host
    this.#room = new WaitingRoom(host, { reason: 'an endpoint with room', field: 'concurrency.endpoints' }, () => this.news.tell())
    this.#room.use(settings)
    this.#draws = host.random.fork('endpoint permits')
  }

  /** Puts settings in force. Attempts in flight still count, and those who wait keep their places. */
  use(settings: PermitSettings): void {
    this.#settings = settings
    this.#room.use(settings)
    this.reconsider()
  }

  /** Attempts that wait. */
  get waiting(): number {
    return this.#room.length
  }

  /** See {@link GateCounts}. */
  get counts(): GateCounts {
    return { ...this.#counts, refused: this.#room.refused }
  }

  /** The limit of an endpoint as it is now. */
  limitOf(endpoint: Endpoint): number {
    return this.#loadOf(endpoint).limit.value
  }

  /** Whether an endpoint has no room. */
  readonly isFull = (endpoint: Endpoint): boolean => {
    const { inFlight, reserved, limit } = this.#loadOf(endpoint)
    return inFlight + reserved >= limit.value
  }

  /** Whether whoever comes now must wait behind those who wait: see {@link WaitingRoom.pausing}. */
  get pausing(): boolean {
    return this.#room.pausing
  }

  /** Whether this attempt may go anywhere, because the limit is not enforced in full. */
  spares(): boolean {
    const { enforce } = this.#settings
    return enforce < 1 && this.#draws.next() >= enforce
  }

  /** An attempt that need not keep to the limit goes to an endpoint. */
  spared(endpoint: Endpoint): void {
    if (this.isFull(endpoint)) this.#counts.spared += 1
  }

  /**
   * Waits until `pick` finds an endpoint with room, and keeps a place there: {@link settle} it before the attempt begins.
   *
   * @param pick the endpoint to go to; `'full'` while every one is.
   */
  wait(call: Call, pick: () => Endpoint | undefined | 'full'): Promise<Reservation | MeshError> {
    const attend: Attend<Reservation> = () => {
      const endpoint = pick()
      if (endpoint === 'full') return undefined
      if (endpoint !== undefined) this.#loadOf(endpoint).reserved += 1
      this.#counts.waited += 1
      return { endpoint }
    }
    return this.#room.wait(call, attend)
  }

  /** A place is used now, or not needed any more. */
  settle({ endpoint }: Reservation): void {
    if (endpoint !== undefined) this.#loadOf(endpoint).reserved -= 1
  }

  /** What goes on at an endpoint, for somebody who only looks; `undefined` where nothing was yet. */
  roomAt(endpoint: Endpoint): { readonly inFlight: number; readonly limit: number } | undefined {
    const load = this.#loads.get(endpoint)
    return load && { inFlight: load.inFlight + load.reserved, limit: load.limit.value }
  }

  /** There may be room that nobody told of: other endpoints, other limits, a place that was not used. */
  reconsider(): void {
    this.#room.attend(everybody)
    this.news.tell()
  }

  /** Turns away everybody who waits. */
  close(error: (call: Call) => MeshError): void {
    this.#room.close(error)
  }

  /** For balancers there is nothing to see here. */
  load(): number {
    return 0
  }

  began(endpoint: Endpoint): MeterEnd {
    this.#counts.granted += 1
    return this.#loadOf(endpoint).began()
  }

  /** See {@link PermitGiver.learn}. */
  learn(limit: WatchedLimit, verdict: Verdict, latencyMs: number, outcome: Outcome | undefined, inFlight: number): boolean {
    const overloaded = outcome !== undefined && isOverload(outcome)
    if (!overloaded && verdict.kind !== 'success') return false
    limit.ended({ latencyMs, inFlight, overloaded, now: this.#host.clock.now() })
    return true
  }

  /** See {@link PermitGiver.madeRoom}. */
  madeRoom(load: EndpointLoad): void {
    if (this.#room.length > 0) this.#room.attend(load.hasRoom)
    if (!this.isFull(load.endpoint)) this.news.tell()
  }

  #loadOf(endpoint: Endpoint): EndpointLoad {
    const noted = (endpoint as RosterEndpoint).permits as EndpointLoad | undefined
    const load = noted?.giver === this ? noted : this.#lookUp(endpoint)
    const settings = this.#settings
    if (load.settings !== settings) {
      load.settings = settings
      load.limit = settings.limitOf(endpoint)
    }
    return load
  }

  #lookUp(endpoint: Endpoint): EndpointLoad {
    let load = this.#loads.get(endpoint)
    if (load === undefined) {
      const settings = this.#settings
      load = new EndpointLoad(this, endpoint, settings, settings.limitOf(endpoint))
      this.#loads.set(endpoint, load)
    }
    // Whatever else is used as an endpoint is not ours to write on.
    if (endpoint instanceof RosterEndpoint) endpoint.permits = load
    return load
  }
}
