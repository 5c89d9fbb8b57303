import type { Call } from '../../call/call.ts'
import { callPriority } from '../../call/call-options.ts'
import { routeFact } from '../../call/call-route.ts'
import type { CancelListener } from '../../call/cancellation.ts'
import { beginWait, endWait } from '../../call/waiting-for.ts'
import { MeshError } from '../../errors/mesh-error.ts'
import type { Host } from '../../runtime/host.ts'
import { TurnShare } from '../../runtime/turn-share.ts'
import { DeadlineQueue } from '../timeout/deadline-queue.ts'
import { type LinePlace, PriorityLine } from './priority-line.ts'
import { QueueTimeout } from './queue-timeout.ts'

/** How long calls may wait, and how many. */
export interface QueueSettings {
  /** How many may wait. */
  readonly queue: number
  /** How long, in milliseconds. */
  readonly queueTimeoutMs: number
}

/** What a room and its line are called in messages. */
export interface RoomNames {
  /** What is waited for, in words that fit after "while waiting for". */
  readonly reason: string
  /** The setting that bounds the line. */
  readonly field: string
}

/** What somebody who waits is asked when there may be room: what it got, or `undefined` when it could not use the room. */
export type Attend<T> = () => T | undefined

/** One call that waits. */
class Waiter<T> implements LinePlace<Waiter<T>>, CancelListener {
  readonly priority: number
  readonly call: Call
  readonly attend: Attend<T>
  before: Waiter<T> | undefined
  after: Waiter<T> | undefined
  timeout: QueueTimeout | undefined
  waiting = true
  readonly #room: WaitingRoom<T>
  readonly #resolve: (result: T | MeshError) => void

  constructor(room: WaitingRoom<T>, call: Call, attend: Attend<T>, resolve: (result: T | MeshError) => void) {
    this.#room = room
    this.call = call
    this.priority = call.context.get(callPriority)
    this.attend = attend
    this.#resolve = resolve
  }

  /** Whether its end has come, of which it may be told in a later turn: it gets no room any more. */
  get over(): boolean {
    return this.call.cancellation.ending || this.timeout?.passed === true
  }

  cancelled(reason: MeshError): void {
    this.#room.end(this, reason)
  }

  resolve(result: T | MeshError): void {
    this.#resolve(result)
  }
}

/** Asks everybody who waits. */
export const everybody = (): boolean => true

/**
 * Where calls wait until there is room for them: bounded, the important ones first, each no longer than its deadline or its caller. However much
 * room there is, so many go on in one turn of the event loop, and the others in the next ones: see {@link TurnShare}.
 */
export class WaitingRoom<T> {
  readonly #host: Host
  readonly #names: RoomNames
  readonly #line = new PriorityLine<Waiter<T>>()
  readonly #share: TurnShare
  /** Made for the first one. */
  #timeouts: DeadlineQueue | undefined
  /** Room that is to be offered in the next turn, each in the words of {@link WaitingRoom.attend}. */
  readonly #offers = new Set<() => boolean>()
  #closed: ((call: Call) => MeshError) | undefined
  #settings: QueueSettings = { queue: 0, queueTimeoutMs: Number.POSITIVE_INFINITY }
  /** Calls that were turned away. */
  refused = 0

  /**
   * @param host time, and who hears of calls that are turned away.
   * @param names for messages.
   * @param wentOn told when those went on who had to wait for a turn: there may be room for others.
   */
  constructor(host: Host, names: RoomNames, wentOn: () => void) {
    this.#host = host
    this.#names = names
    this.#share = new TurnShare(host.clock, () => {
      this.#goOn()
      wentOn()
    })
  }

  /** How many wait. */
  get length(): number {
    return this.#line.length
  }

  /** Whether there may be room for somebody who waits for the next turn. Whoever comes meanwhile must wait, too, or it would overtake. */
  get pausing(): boolean {
    return this.#share.paused && this.#line.length > 0
  }

  /** Puts settings in force; those who wait go on waiting. */
  use(settings: QueueSettings): void {
    this.#settings = settings
  }

  /**
   * Waits.
   *
   * @param attend asked, in turn, whenever there may be room.
   * @returns what `attend` got, or why the call is over.
   */
  wait(call: Call, attend: Attend<T>): Promise<T | MeshError> {
    const { reason } = call.cancellation
    if (reason !== undefined) return Promise.resolve(reason)
    if (this.#closed !== undefined) return Promise.resolve(this.#closed(call))
    const { queue, queueTimeoutMs } = this.#settings
    const line = this.#line
    if (line.length >= queue) {
      const last = line.last
      if (last === undefined || last.priority <= call.context.get(callPriority)) {
        const full = queue === 0 ? 'and calls may not wait' : `and ${line.length} calls of the same or more importance wait already`
        return Promise.resolve(this.#turnAway(call, full))
      }
      this.end(last, this.#turnAway(last.call, 'and gave way to a more important call that came while it waited'))
    }
    const { clock } = this.#host
    // It may find room where nobody else could go, and was not asked.
    if (this.#share.paused) this.#offers.add(everybody)
    beginWait(call, this.#names.reason, clock.now())
    return new Promise((resolve) => {
      const waiter = new Waiter(this, call, attend, resolve)
      line.add(waiter)
      call.cancellation.add(waiter)
      if (queueTimeoutMs !== Number.POSITIVE_INFINITY) this.#limit(waiter, queueTimeoutMs)
    })
  }

  /**
   * There may be room: asks one after the other until `more` says that there is none, or until as many go on as may in one turn.
   *
   * @param more the same function for the same room: it is kept if there is still some in the next turn.
   */
  attend(more: () => boolean): void {
    if (this.#share.paused) {
      this.#offers.add(more)
      return
    }
    let waiter = this.#line.first
    while (waiter !== undefined && more()) {
      const next = this.#line.next(waiter)
      const got = waiter.over ? undefined : waiter.attend()
      if (got !== undefined) {
        this.end(waiter, got)
        if (next !== undefined && !this.#share.take(this.#line.length)) {
          this.#offers.add(more)
          return
        }
      }
      // A user's balancer may be asked on the way, and do anything: whoever left meanwhile must not be asked.
      waiter = next?.waiting === true ? next : undefined
    }
  }

  /** Turns everybody away, so many in a turn, and whoever comes from now on. */
  close(error: (call: Call) => MeshError): void {
    this.#closed = error
    this.#offers.clear()
    if (!this.#share.paused) this.#goOn()
  }

  /** Somebody is done waiting. */
  end(waiter: Waiter<T>, result: T | MeshError): void {
    if (!waiter.waiting) return
    waiter.waiting = false
    this.#line.remove(waiter)
    waiter.call.cancellation.remove(waiter)
    waiter.timeout?.cancel()
    endWait(waiter.call, this.#names.reason, this.#host.clock.now())
    waiter.resolve(result)
  }

  /** A new turn. */
  #goOn(): void {
    const closed = this.#closed
    if (closed !== undefined) {
      for (let waiter = this.#line.first; waiter !== undefined && this.#share.take(this.#line.length); waiter = this.#line.first) {
        this.end(waiter, closed(waiter.call))
      }
      return
    }
    const offers = [...this.#offers]
    this.#offers.clear()
    // Where the share ends, attend() keeps the rest for the turn after this one.
    for (const more of offers) this.attend(more)
  }

  /** All together have one timer, unless a new plan brings a shorter time. */
  #limit(waiter: Waiter<T>, ms: number): void {
    const { clock } = this.#host
    const tell = () => this.end(waiter, this.#turnAway(waiter.call, `and it waited ${ms} ms, which is queueTimeout`))
    this.#timeouts ??= new DeadlineQueue(clock)
    const deadline = clock.now() + ms
    waiter.timeout = new QueueTimeout(this.#timeouts, deadline, tell)
    if (this.#timeouts.add(waiter.timeout, ms)) return
    this.#timeouts = new DeadlineQueue(clock)
    waiter.timeout = new QueueTimeout(this.#timeouts, deadline, tell)
    this.#timeouts.add(waiter.timeout, ms)
  }

  #turnAway(call: Call, why: string): MeshError {
    const { service } = call
    const { reason, field } = this.#names
    this.refused += 1
    this.#host.emit('call-shed', { service, by: field, priority: call.context.get(callPriority), ...routeFact(call) })
    // For a call that is repeated, `sent` is about all its attempts.
    const sent = call.spent.some((attempt) => attempt.sent) || call.underway.length > 0
    return new MeshError('OVERLOADED', `no room: the call needed ${reason}, ${why}`, { service, sent, field })
  }
}
