import type { BodyListener } from '../../call/body-feed.ts'
import type { Call, SpentAttempt } from '../../call/call.ts'
import { routeFact } from '../../call/call-route.ts'
import { type CancelListener, Cancellation } from '../../call/cancellation.ts'
import type { Send } from '../../call/layer.ts'
import { failed, type Outcome } from '../../call/outcome.ts'
import { decidedBy, LostRace, lastAttemptOf } from '../../call/side-by-side.ts'
import { MeshError } from '../../errors/mesh-error.ts'
import type { Timer } from '../../runtime/clock.ts'
import type { Hedger } from './hedge.ts'

/** One of the attempts that run side by side. */
interface Lane {
  /** A copy of the call whose cancellation is the lane's own. */
  readonly call: Call
  readonly cancellation: Cancellation
  readonly startedAt: number
  /** What it cost is given back if it comes to nothing. */
  readonly paid: boolean
  over: boolean
}

/** An answer that is kept in case that nothing better comes. */
interface Spare {
  readonly outcome: Outcome
  readonly record: SpentAttempt | undefined
}

/** The attempts of one call that run side by side, until one of them has an answer. */
export class Race implements CancelListener, BodyListener {
  readonly #call: Call
  readonly #next: Send<Call>
  readonly #hedger: Hedger
  readonly #lanes: Lane[] = []
  #open = 0
  #timer: Timer | undefined
  #spare: Spare | undefined
  #resolve: ((outcome: Outcome) => void) | undefined

  constructor(call: Call, next: Send<Call>, hedger: Hedger) {
    this.#call = call
    this.#next = next
    this.#hedger = hedger
  }

  run(): Promise<Outcome> {
    const promise = new Promise<Outcome>((resolve) => {
      this.#resolve = resolve
    })
    this.#call.cancellation.add(this)
    this.#begin(false)
    return promise
  }

  /** Nobody waits any more. The lanes end by it, and the last one settles the race. */
  cancelled(reason: MeshError): void {
    this.#timer?.cancel()
    this.#timer = undefined
    for (const { cancellation } of this.#lanes) cancellation.cancel(reason)
    if (this.#open === 0 && this.#resolve !== undefined) this.#settle(failed(reason), undefined)
  }

  /** The body of the answer is over: until then the caller's leaving must reach it. */
  bodyOver(): void {
    this.#call.cancellation.remove(this)
  }

  #begin(paid: boolean): void {
    const { clock } = this.#hedger.host
    const cancellation = new Cancellation()
    const lane: Lane = { call: this.#call.with({ cancellation }), cancellation, startedAt: clock.now(), paid, over: false }
    this.#lanes.push(lane)
    this.#open += 1
    if (this.#lanes.length < this.#hedger.settings.attempts) this.#hedgeIn(this.#hedger.delay.delayMs(lane.startedAt))
    void this.#follow(lane)
  }

  async #follow(lane: Lane): Promise<void> {
    let outcome: Outcome
    try {
      outcome = await this.#next(lane.call)
    } catch (error) {
      // The layers below do not throw; whoever made them do so must not leave the caller waiting.
      outcome = failed(new MeshError('INTERNAL', 'a layer of the mesh threw', { service: this.#call.service, sent: true }, error))
    }
    lane.over = true
    this.#open -= 1
    if (this.#resolve === undefined) {
      if (outcome.ok) outcome.reply.body.discard()
      return
    }
    this.#ended(lane, outcome)
  }

  #ended(lane: Lane, outcome: Outcome): void {
    const record = lastAttemptOf(lane.call)
    const now = this.#hedger.host.clock.now()
    if (record?.copy !== lane.call) {
      // It found no endpoint to try. What the others do counts.
      if (lane.paid) this.#hedger.extra.giveBack(now)
      this.#spare ??= { outcome, record: undefined }
      if (this.#open === 0) this.#settleWithSpare()
      return
    }
    if (lane.paid) this.#hedger.extra.counts.hedges += 1
    const { verdict } = record
    if (verdict.kind !== 'failure' || verdict.retry === 'never') {
      if (lane === this.#lanes[0] && verdict.kind === 'success') this.#hedger.delay.took(now, now - lane.startedAt)
      if (lane !== this.#lanes[0] && verdict.kind === 'success') this.#hedger.extra.counts.hedgesWon += 1
      this.#settle(outcome, record)
      return
    }
    this.#keep({ outcome, record })
    // Not `||`: a classifier that read a bad header may say NaN.
    const waitMs = Math.max(0, verdict.notBeforeMs || 0)
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#lanes.length < this.#hedger.settings.attempts && this.#call.cancellation.reason === undefined) {
      if (waitMs === 0) this.#hedge()
      else if (now + waitMs < this.#call.deadline) this.#hedgeIn(waitMs)
    }
    if (this.#open === 0 && this.#timer === undefined) this.#settleWithSpare()
  }

  #hedgeIn(delayMs: number): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const { clock } = this.#hedger.host
    if (!(clock.now() + delayMs < this.#call.deadline) || delayMs === Number.POSITIVE_INFINITY) return
    this.#timer = clock.schedule(delayMs, () => {
      this.#timer = undefined
      this.#hedge()
      if (this.#open === 0 && this.#resolve !== undefined) this.#settleWithSpare()
    })
  }

  /** Begins another lane, if it may be. */
  #hedge(): void {
    const hedger = this.#hedger
    const now = hedger.host.clock.now()
    const [first] = this.#lanes as [Lane]
    if (now >= this.#call.deadline || !hedger.canHedge(this.#call) || !hedger.pay(now)) return
    const { service, underway, spent } = this.#call
    const endpoint = (underway[0] ?? spent[spent.length - 1])?.endpoint.address
    const made = spent.length + underway.length
    this.#begin(true)
    // There may be no endpoint that the call has not tried.
    if (spent.length + underway.length === made) return
    const told = { service, endpoint, attempts: this.#lanes.length, afterMs: now - first.startedAt, ...routeFact(this.#call) }
    hedger.host.emit('attempt-hedged', told)
  }

  /** Keeps a failure in case that nothing better comes; the latest one says most. */
  #keep(spare: Spare): void {
    const before = this.#spare?.outcome
    if (before?.ok) before.reply.body.discard()
    this.#spare = spare
  }

  #settleWithSpare(): void {
    const spare = this.#spare
    this.#spare = undefined
    if (spare !== undefined) this.#settle(spare.outcome, spare.record)
  }

  #settle(outcome: Outcome, record: SpentAttempt | undefined): void {
    const resolve = this.#resolve
    this.#resolve = undefined
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#spare?.outcome.ok) this.#spare.outcome.reply.body.discard()
    this.#spare = undefined
    this.#call.context.set(decidedBy, record)
    this.#stopOthers()
    if (outcome.ok) outcome.reply.body.whenOver(this)
    else this.#call.cancellation.remove(this)
    resolve?.(outcome)
  }

  #stopOthers(): void {
    if (this.#open === 0) return
    const { clock } = this.#hedger.host
    const now = clock.now()
    for (const lane of this.#lanes) {
      if (lane.over) continue
      if (lane === this.#lanes[0]) this.#hedger.delay.took(now, now - lane.startedAt)
      if (lane.paid) this.#hedger.extra.counts.hedges += 1
      lane.cancellation.cancel(new LostRace(this.#call.service))
    }
  }
}
