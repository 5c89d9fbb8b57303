import { EventEmitter } from 'node:events'
import CircuitBreaker from 'opossum'

/** What opossum understands and its types do not know: a breaker can be made in any state. */
type MachineOptions = CircuitBreaker.Options<[Promise<true>]> & { readonly state: Readonly<Record<string, boolean>> }

/** Tells how a probe ended. */
interface ProbeEnd {
  readonly passed: (value: true) => void
  readonly failed: (reason: unknown) => void
}

/** Verdicts travel as what is no `Error`: nobody needs a stack for them. */
const failure = Object.freeze({ failed: true })

/** Hears what a {@link CircuitMachine} does by itself. */
export interface MachineListener {
  /** A probe failed, and the circuit is open again. */
  reopened(): void
  /** A probe passed, and the circuit is closed. */
  closed(): void
}

/**
 * The states of one circuit that is not closed: an opossum breaker, used in a way that keeps clear of what it does badly.
 *
 * - It exists only from the opening of a circuit to its closing. A closed circuit costs nothing, and fires nothing.
 * - opossum takes the time from the host. Here the circuit says when it is half-open: a breaker is made anew in that state, and the timer that
 *   opossum would start when it opens is taken away, because it hangs on the `open` event.
 * - Half-open, it lets exactly one probe through; that is opossum's own rule (`pendingClose`).
 * - opossum knows no outcome that is neither success nor failure, and takes what its `errorFilter` lets pass for a success, which closes the
 *   circuit. So a probe that is nobody's fault is never told to it: {@link release} makes room for the next one.
 * - It waits for a probe for ever, and listens to any result that comes while it is half-open, also to those of calls from before it
 *   opened. Here nothing is fired but the probe, and whoever runs it ends it by a timer.
 * - Its statistics cost more than the call (it sorts all latencies at each failure), and each breaker has two timers for them. Both are off,
 *   and the counting is done elsewhere.
 */
export class CircuitMachine {
  readonly #listener: MachineListener
  #breaker: CircuitBreaker<[Promise<true>], true>
  #probe: ProbeEnd | undefined

  /** Opens. */
  constructor(listener: MachineListener) {
    this.#listener = listener
    this.#breaker = this.#make('closed')
    this.#breaker.open()
  }

  /** Whether it is open: nothing may pass. */
  get opened(): boolean {
    return this.#breaker.opened
  }

  /** Whether it waits for a probe, or for the end of one. */
  get halfOpen(): boolean {
    return this.#breaker.halfOpen
  }

  /** The open time is over: one probe may pass. */
  admitProbe(): void {
    this.#replace('half-open')
  }

  /** Begins the probe; `false` when it is not the time for one, or one has begun already. */
  begin(): boolean {
    if (!this.#breaker.pendingClose) return false
    const verdict = new Promise<true>((passed, failed) => {
      this.#probe = { passed, failed }
    })
    // The outcome comes as an event; a rejection is opossum's way to tell of a failure.
    this.#breaker.fire(verdict).catch(() => {})
    return true
  }

  /** Ends the probe; the listener hears of it within this turn. */
  end(passed: boolean): void {
    const probe = this.#probe
    this.#probe = undefined
    if (passed) probe?.passed(true)
    else probe?.failed(failure)
  }

  /** The probe said nothing: another one may begin. */
  release(): void {
    if (this.#probe === undefined) return
    this.#probe = undefined
    this.#replace('half-open')
  }

  /** It is not needed any more; the listener hears nothing from now on. */
  dispose(): void {
    this.#probe = undefined
    this.#breaker.shutdown()
  }

  #replace(state: 'half-open'): void {
    this.#breaker.shutdown()
    this.#breaker = this.#make(state)
  }

  #make(state: 'closed' | 'half-open'): CircuitBreaker<[Promise<true>], true> {
    const options: MachineOptions & { readonly rotateBucketController: EventEmitter } = {
      name: 'circuit',
      timeout: false,
      rollingPercentilesEnabled: false,
      rollingCountBuckets: 1,
      enableSnapshots: false,
      // One of its own that never rotates: a shared one would have to carry a listener for each circuit.
      rotateBucketController: new EventEmitter(),
      state: { closed: state === 'closed', halfOpen: state === 'half-open' },
    }
    const breaker = new CircuitBreaker<[Promise<true>], true>((verdict) => verdict, options)
    breaker.removeAllListeners('open')
    if (state === 'half-open') {
      breaker.on('open', () => this.#listener.reopened())
      breaker.on('close', () => this.#listener.closed())
    }
    return breaker
  }
}
