import type { Clock, Timer } from '../runtime/clock.ts'
import { CircuitMachine, type MachineListener } from './circuit-machine.ts'
import type { CircuitSettings } from './circuit-options.ts'
import type { CircuitReason, CircuitSnapshot, CircuitState, ForcedCircuit } from './circuit-snapshot.ts'
import { CircuitWindow } from './circuit-window.ts'

/** What a circuit works with. */
export interface CircuitMeans {
  readonly settings: CircuitSettings
  readonly clock: Clock
  /** A draw from [0, 1), for jitter and for `enforce`. */
  readonly draw: () => number
  /** Told of each change of the state, when it has changed. */
  readonly changed: (circuit: Circuit) => void
  /** At most so much ended within the window before the circuit was made, unseen. */
  readonly unseen: number
}

/** Nobody waits for a circuit to move on. */
const background = Object.freeze({ background: true })

/** Beyond 2^30 times its base the open time has long reached its limit. */
const mostDoublings = 30

/**
 * One circuit, closed, open or half-open: it counts what ended while it is closed, decides when to open and for how long, and learns from one
 * probe whether to close again. What it keeps away, and how a probe gets through, is its owner's business.
 */
export class Circuit implements MachineListener {
  readonly #means: CircuitMeans
  readonly #window: CircuitWindow
  readonly #madeAt: number
  #unseen: number
  #machine: CircuitMachine | undefined
  #timer: Timer | undefined
  #state: CircuitState = 'closed'
  #reason: CircuitReason | undefined
  #forced: ForcedCircuit | undefined
  #enforced = true
  #changedAt = Number.NEGATIVE_INFINITY
  #epoch = 0
  /** When a probe closed it last. */
  #closedAt = Number.NEGATIVE_INFINITY
  #openSince = 0
  #openForMs = 0
  #openUntil = 0
  /** Failures in a row, at the head of replies. */
  #inRow = 0
  /** Broken bodies in a row: each comes after a head that was a success. */
  #brokenInRow = 0
  #doublings = 0
  #openings = 0
  #unenforced = 0

  /** @param means see {@link CircuitMeans}. */
  constructor(means: CircuitMeans) {
    this.#means = means
    this.#window = new CircuitWindow(means.settings.windowMs)
    this.#madeAt = means.clock.now()
    this.#unseen = means.unseen
  }

  /** Whether it admits, refuses, or waits for a probe. */
  get state(): CircuitState {
    return this.#state
  }

  /** What it was made with. */
  get settings(): CircuitSettings {
    return this.#means.settings
  }

  /** What somebody outside forces it to be. */
  get forced(): ForcedCircuit | undefined {
    return this.#forced
  }

  /** Whether it keeps anything away while it is not closed; otherwise it only counts. */
  get enforced(): boolean {
    return this.#enforced
  }

  /** Monotonic time of the last change; whatever began before belongs to the time before. */
  get changedAt(): number {
    return this.#changedAt
  }

  /** Another number after each change: what was begun under one does not end under another. */
  get epoch(): number {
    return this.#epoch
  }

  /** Why it opened last. */
  get reason(): CircuitReason | undefined {
    return this.#reason
  }

  /** Wall time at which it opened, in milliseconds since the epoch. */
  get openSince(): number {
    return this.#openSince
  }

  /** How long it stays open this time, in milliseconds. */
  get openForMs(): number {
    return this.#openForMs
  }

  /** How long it stays open from now, in milliseconds; `Infinity` while it is forced open. */
  retryAfterMs(at: number): number {
    return Math.max(0, this.#openUntil - at)
  }

  /** Counts what ended, if it began since the last change. */
  count(failed: boolean, latencyMs: number, startedAt: number, at: number): void {
    if (!this.#counts(startedAt)) return
    const { settings } = this.#means
    this.#window.count(at, failed, latencyMs > settings.slowCallMs)
    this.#inRow = failed ? this.#inRow + 1 : 0
    this.#judge(at)
  }

  /** The body after a good head is over. */
  bodyWell(startedAt: number): void {
    if (this.#brokenInRow > 0 && this.#counts(startedAt)) this.#brokenInRow = 0
  }

  /** The body after a good head broke: what was counted as a success was a failure. */
  bodyBroke(startedAt: number, at: number): void {
    if (!this.#counts(startedAt)) return
    this.#window.spoil(at)
    this.#brokenInRow += 1
    this.#judge(at)
  }

  /** Begins the one probe of a half-open circuit; `false` when there is none to begin. End it with {@link probed} or {@link unprobed}. */
  beginProbe(): boolean {
    return this.#machine?.begin() ?? false
  }

  /** The probe is over. */
  probed(passed: boolean): void {
    this.#machine?.end(passed)
  }

  /** The probe said nothing: another one may begin. */
  unprobed(): void {
    if (this.#state === 'half-open') this.#machine?.release()
  }

  /** Forces a state, or lets the circuit go its own way again, from the beginning. */
  force(forced: ForcedCircuit | undefined): void {
    this.#reset()
    this.#state = 'closed'
    this.#closedAt = Number.NEGATIVE_INFINITY
    this.#forced = forced
    if (forced !== 'open') {
      this.#change('closed')
      return
    }
    this.#reason = 'forced'
    this.#enforced = true
    this.#openForMs = Number.POSITIVE_INFINITY
    this.#openUntil = Number.POSITIVE_INFINITY
    this.#change('open')
  }

  /** It is not needed any more. */
  dispose(): void {
    this.#timer?.cancel()
    this.#machine?.dispose()
    this.#machine = undefined
  }

  /** @internal a probe failed */
  reopened(): void {
    this.#doublings += 1
    this.#open('probe-failed')
  }

  /** @internal a probe passed */
  closed(): void {
    this.#reset()
    this.#closedAt = this.#means.clock.now()
    this.#change('closed')
  }

  /** What is known about it, as plain data. */
  snapshot(): CircuitSnapshot {
    const at = this.#means.clock.now()
    const closed = this.#state === 'closed'
    this.#window.advance(at)
    const { calls, failures, slow } = this.#window
    return {
      state: this.#state,
      forced: this.#forced,
      enforced: this.#enforced,
      reason: closed ? undefined : this.#reason,
      since: closed ? undefined : this.#openSince,
      retryAfterMs: this.#state === 'open' ? this.retryAfterMs(at) : undefined,
      calls,
      failures,
      slow,
      openings: this.#openings,
      unenforced: this.#unenforced,
    }
  }

  /** Whether something that began then is part of what is counted now: a result of the time before it opened says nothing any more. */
  #counts(startedAt: number): boolean {
    return this.#state === 'closed' && this.#forced !== 'closed' && startedAt >= this.#changedAt
  }

  #judge(at: number): void {
    const { consecutiveFailures, minimumCalls, failureShare, slowShare, windowMs } = this.#means.settings
    const window = this.#window
    if (this.#inRow >= consecutiveFailures || this.#brokenInRow >= consecutiveFailures) {
      this.#trip('consecutive-failures', at)
      return
    }
    if (window.calls < minimumCalls) return
    // Until a whole window was seen, what may have gone before counts as good: that can only make it open later.
    if (this.#unseen > 0 && at - this.#madeAt >= windowMs) this.#unseen = 0
    const calls = window.calls + this.#unseen
    if (window.failures >= failureShare * calls) this.#trip('failure-share', at)
    else if (window.slow >= slowShare * calls) this.#trip('slow-share', at)
  }

  #trip(reason: CircuitReason, at: number): void {
    const { enforce, windowMs } = this.#means.settings
    // One that opens again soon after it closed goes on where it was: its probe had luck.
    this.#doublings = at - this.#closedAt < windowMs ? this.#doublings + 1 : 0
    this.#enforced = this.#forced !== 'observe' && (enforce >= 1 || (enforce > 0 && this.#means.draw() < enforce))
    this.#machine = new CircuitMachine(this)
    this.#open(reason)
  }

  #open(reason: CircuitReason): void {
    const { clock, draw, settings } = this.#means
    const { openForMs, maxOpenForMs, jitter } = settings
    const base = Math.min(maxOpenForMs, openForMs * 2 ** Math.min(this.#doublings, mostDoublings))
    const delayMs = base * (1 + (jitter > 0 ? jitter * draw() : 0))
    this.#reason = reason
    if (this.#enforced) this.#openings += 1
    else this.#unenforced += 1
    this.#openForMs = delayMs
    this.#openUntil = clock.now() + delayMs
    this.#timer = clock.schedule(delayMs, () => this.#halfOpen(), background)
    this.#change('open')
  }

  #halfOpen(): void {
    this.#machine?.admitProbe()
    this.#change('half-open')
  }

  #reset(): void {
    this.dispose()
    this.#window.clear()
    this.#inRow = 0
    this.#brokenInRow = 0
    this.#unseen = 0
  }

  #change(state: CircuitState): void {
    const { clock, changed } = this.#means
    if (state === 'open' && this.#state === 'closed') this.#openSince = clock.wallTime()
    this.#state = state
    this.#changedAt = clock.now()
    this.#epoch += 1
    changed(this)
  }
}
