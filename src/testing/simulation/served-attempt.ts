import type { Attempt } from '../../call/attempt.ts'
import { BodyFeed, type BodySource } from '../../call/body-feed.ts'
import type { CancelListener } from '../../call/cancellation.ts'
import { failed, type Outcome, replied } from '../../call/outcome.ts'
import { ReplyBody } from '../../call/reply-body.ts'
import type { MeshError, MeshErrorCode } from '../../errors/mesh-error.ts'
import type { Clock, Timer } from '../../runtime/clock.ts'
import { lowerCased } from '../body-pieces.ts'
import type { SimulatedServer } from './simulated-server.ts'
import type { Work } from './work-line.ts'

const noWire: BodySource = Object.freeze({ pause: () => {}, resume: () => {}, abort: () => {} })

/** An attempt at a simulated server. Whoever sent it may leave before the server is done with it. */
export class ServedAttempt implements Work, CancelListener {
  readonly outcome: Promise<Outcome>
  /** When it came. */
  readonly beganAt: number
  /** How many others the server had in flight then. */
  readonly others: number
  readonly #attempt: Attempt
  readonly #server: SimulatedServer
  #resolve: ((outcome: Outcome) => void) | undefined
  #timer: Timer | undefined

  constructor(attempt: Attempt, server: SimulatedServer, beganAt: number, others: number) {
    this.#attempt = attempt
    this.#server = server
    this.beganAt = beganAt
    this.others = others
    this.outcome = new Promise((resolve) => {
      this.#resolve = resolve
    })
    attempt.cancellation.add(this)
  }

  /** The server's work is done. */
  done(): void {
    this.reply(200)
  }

  /** Answers, with an empty body. */
  reply(status: number): void {
    const { headers } = this.#server.model
    const feed = new BodyFeed(noWire, 0)
    feed.end()
    const written = headers === undefined ? {} : lowerCased(headers(this.#server))
    this.#end(replied({ status, statusText: '', headers: written, body: new ReplyBody(feed) }), status)
  }

  fail(code: MeshErrorCode): void {
    this.#timer?.cancel()
    this.#end(failed(this.#server.error(this.#attempt, code)), code)
  }

  /** Ends outside of the server's queue. */
  endLater(clock: Clock, delayMs: number, result: number | MeshErrorCode): void {
    this.#timer = clock.schedule(delayMs, () => (typeof result === 'number' ? this.reply(result) : this.fail(result)))
  }

  /** Whoever sent it has left. */
  cancelled(reason: MeshError): void {
    this.#settle(failed(reason))
    if (this.#server.model.dropsLeft !== true) return
    this.#timer?.cancel()
    this.#server.over(this, 'left')
  }

  #end(outcome: Outcome, result: number | MeshErrorCode): void {
    this.#server.over(this, result)
    this.#settle(outcome)
  }

  #settle(outcome: Outcome): void {
    const resolve = this.#resolve
    if (resolve === undefined) return
    this.#resolve = undefined
    this.#attempt.cancellation.remove(this)
    resolve(outcome)
  }
}
