import type { BodyListener } from '../call/body-feed.ts'
import type { Call } from '../call/call.ts'
import type { Send } from '../call/layer.ts'
import { failed, type Outcome } from '../call/outcome.ts'
import { afterwards, type Stage } from '../call/settling.ts'
import { decidingAttempt } from '../call/side-by-side.ts'
import { MeshError } from '../errors/mesh-error.ts'
import type { Clock } from '../runtime/clock.ts'
import type { CallLedger } from './call-ledger.ts'

/** Sees how calls end. */
export interface CallWitness {
  /** A call has an outcome: the head of a reply, or an error. */
  answered(call: Call, outcome: Outcome): void
}

/**
 * Where the calls of a service come in: it counts them in and out, and knows when the last one is over.
 *
 * A call is over when its reply's body is. A gate stands before one chain of layers; when a new plan brings another chain, new calls go
 * through another gate, and this one is drained.
 */
export class CallGate {
  readonly #next: Send<Call>
  readonly #ledger: CallLedger
  readonly #witness: CallWitness | undefined
  readonly #metrics: CallWitness | undefined
  /** Two listeners for all calls, rather than one for each: a body that ends says nothing but whether it failed. */
  readonly #good: BodyListener = { bodyOver: (error) => this.#over(error, false) }
  readonly #bad: BodyListener = { bodyOver: (error) => this.#over(error, true) }
  #inFlight = 0
  #whenEmpty: (() => void)[] = []

  /**
   * @param next the chain of layers.
   * @param ledger the counts of the service.
   * @param witness sees how calls end, if anybody wants to.
   * @param metrics the same; apart from the other, so that nobody has to go through a list.
   */
  constructor(next: Send<Call>, ledger: CallLedger, witness?: CallWitness, metrics?: CallWitness) {
    this.#next = next
    this.#ledger = ledger
    this.#witness = witness
    this.#metrics = metrics
  }

  /** Calls that came in through this gate and are not over. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Carries a call. */
  readonly send: Send<Call> = (call) => {
    this.#ledger.started += 1
    this.#inFlight += 1
    try {
      return afterwards(this.#next(call), new Passage(this, call))
    } catch (error) {
      return Promise.resolve(this.answered(call, threw(call, error)))
    }
  }

  /**
   * Waits until no call is in flight.
   *
   * @param clock the source of time.
   * @param graceMs the longest wait, in milliseconds.
   * @param background whether nobody waits for it: then the wait does not keep the process alive.
   */
  drained(clock: Clock, graceMs: number, background: boolean): Promise<void> {
    if (this.#inFlight === 0 || graceMs <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = Number.isFinite(graceMs) ? clock.schedule(graceMs, resolve, { background }) : undefined
      this.#whenEmpty.push(() => {
        timer?.cancel()
        resolve()
      })
    })
  }

  /** A call has an outcome. */
  answered(call: Call, outcome: Outcome): Outcome {
    const { spent } = call
    this.#witness?.answered(call, outcome)
    this.#metrics?.answered(call, outcome)
    if (spent.length > 1) this.#ledger.retried += spent.length - 1
    if (!outcome.ok) this.#over(outcome.error, true)
    else outcome.reply.body.whenOver(decidingAttempt(call)?.verdict.kind === 'failure' ? this.#bad : this.#good)
    return outcome
  }

  #over(error: MeshError | undefined, bad: boolean): void {
    if (error?.code === 'ABORTED' || error?.code === 'BODY_FAILED') this.#ledger.ignored += 1
    else if (bad || error !== undefined) this.#ledger.failed += 1
    else this.#ledger.succeeded += 1
    this.#inFlight -= 1
    if (this.#inFlight > 0 || this.#whenEmpty.length === 0) return
    const waiting = this.#whenEmpty
    this.#whenEmpty = []
    for (const done of waiting) done()
  }
}

/** A call on its way through a gate. */
class Passage implements Stage {
  readonly #gate: CallGate
  readonly #call: Call

  constructor(gate: CallGate, call: Call) {
    this.#gate = gate
    this.#call = call
  }

  settled(outcome: Outcome): Outcome {
    return this.#gate.answered(this.#call, outcome)
  }

  threw(error: unknown): Outcome {
    return this.#gate.answered(this.#call, threw(this.#call, error))
  }
}

function threw(call: Call, error: unknown): Outcome {
  return failed(new MeshError('INTERNAL', 'a layer of the mesh threw', { service: call.service, sent: true }, error))
}
