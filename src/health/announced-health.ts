import type { Reply } from '../call/reply.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import { announced, type HealthBoard } from './health-board.ts'

const drainingHeader = 'x-envoy-immediate-health-check-fail'
const degradedHeader = 'x-envoy-degraded'

/** Hears every reply of a service. */
export type ReplyListener = (endpoint: Endpoint, reply: Reply) => void

/** What an endpoint said, and how long that counts. */
interface Announcement {
  readonly state: 'degraded' | 'unhealthy'
  readonly until: number
}

/**
 * Judges endpoints by what they say of themselves in the headers of any reply, as servers behind Envoy do: with `x-envoy-immediate-health-check-fail` one
 * is unhealthy at once, with `x-envoy-degraded` it is degraded until it answers without that.
 *
 * Envoy waits for its own health check to pass before it uses such a server again. Here it is used again after a time, too, since there may be
 * no checks; if it still drains, its next reply says so.
 */
export class AnnouncedHealth {
  readonly #board: HealthBoard
  readonly #clock: Clock
  readonly #drains: ((endpoint: Endpoint) => void) | undefined
  readonly #announcements = new Map<Endpoint, Announcement>()
  #timer: Timer | undefined
  #closed = false

  /**
   * @param board where findings are noted.
   * @param clock says when they end.
   * @param drains told of an endpoint each time it says that it drains.
   */
  constructor(board: HealthBoard, clock: Clock, drains?: (endpoint: Endpoint) => void) {
    this.#board = board
    this.#clock = clock
    this.#drains = drains
  }

  /**
   * Makes what hears the replies.
   *
   * @param holdMs how long what an endpoint said counts, in milliseconds.
   */
  listener(holdMs: number): ReplyListener {
    return (endpoint, { headers }) => {
      if (headers[drainingHeader] !== undefined) {
        this.#note(endpoint, 'unhealthy', holdMs)
        this.#drains?.(endpoint)
      } else if (headers[degradedHeader] !== undefined) this.#note(endpoint, 'degraded', holdMs)
      // Not so with one that drains: this may be the reply to a request that it took before.
      else if (this.#announcements.size > 0 && this.#announcements.get(endpoint)?.state === 'degraded') this.takeBack(endpoint)
    }
  }

  /** What an endpoint said does not count any more: the hold is over, or its health was checked since. */
  takeBack(endpoint: Endpoint): void {
    if (this.#announcements.delete(endpoint)) this.#board.note(endpoint, announced, undefined)
  }

  /** What endpoints said does not count any more. */
  takeBackAll(): void {
    for (const endpoint of [...this.#announcements.keys()]) this.takeBack(endpoint)
  }

  /** Hears no more. */
  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  #note(endpoint: Endpoint, state: 'degraded' | 'unhealthy', holdMs: number): void {
    if (this.#closed) return
    if (state === 'degraded' && this.#announcements.get(endpoint)?.state === 'unhealthy') return
    this.#announcements.set(endpoint, { state, until: this.#clock.now() + holdMs })
    this.#board.note(endpoint, announced, state)
    this.#timer ??= this.#clock.schedule(holdMs, this.#lookThrough, { background: true })
  }

  /** One timer for all: it runs when the first may be over, and then for the next. */
  readonly #lookThrough = (): void => {
    const now = this.#clock.now()
    let next = Number.POSITIVE_INFINITY
    for (const [endpoint, { until }] of this.#announcements) {
      if (until <= now) this.takeBack(endpoint)
      else next = Math.min(next, until)
    }
    this.#timer = next === Number.POSITIVE_INFINITY ? undefined : this.#clock.schedule(next - now, this.#lookThrough, { background: true })
  }
}
