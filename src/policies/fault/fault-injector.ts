import type { Attempt } from '../../call/attempt.ts'
import type { BodyListener } from '../../call/body-feed.ts'
import type { Call } from '../../call/call.ts'
import { routeFact } from '../../call/call-route.ts'
import { headerOf, withHeader } from '../../call/header-list.ts'
import { noteFault } from '../../call/injected-faults.ts'
import type { Layer, Send } from '../../call/layer.ts'
import type { Outcome } from '../../call/outcome.ts'
import type { Host } from '../../runtime/host.ts'
import { callTrace } from '../../telemetry/call-trace.ts'
import { type ChosenFaults, FaultDice } from './chosen-faults.ts'
import { readFaultHeader } from './fault-header.ts'
import { faultMatcher, mayFit } from './fault-match.ts'
import { type FaultSettings, faultHeader } from './fault-options.ts'
import { type FaultKind, faultyAttempt } from './faulty-attempt.ts'

/** Faults that took hold, by their kind, and those that did not. */
export interface FaultCounts {
  /** Attempts that waited. */
  readonly delayed: number
  /** Attempts that never got to their server. */
  readonly aborted: number
  /** Replies whose bodies were to be cut off. */
  readonly cut: number
  /** Replies whose bodies were slowed down. */
  readonly throttled: number
  /** Attempts that were left alone, because as many were under a fault as may be. */
  readonly capped: number
  /** Attempts whose header could not be read, and that got no fault. */
  readonly unreadable: number
}

/** What the attempts of a call would get. */
export interface FaultOutlook {
  /** Whether the call is one of those that may get faults. */
  readonly fits: boolean
  /** The faults that it asks for itself, as its header says. */
  readonly asked: string | undefined
  /** The chance of each kind. */
  readonly shares: Readonly<Record<string, number>>
  /** Endpoints and zones at which alone there are faults; empty for all. */
  readonly places: readonly string[]
}

const counted = { delay: 'delayed', abort: 'aborted', 'cut-body': 'cut', throttle: 'throttled' } as const satisfies Record<
  FaultKind,
  keyof FaultCounts
>

/**
 * Puts faults into attempts, as Envoy's fault filter does: independent dice for each kind, a cap on how many are active at once, and a header by
 * which a call may ask for faults itself. It stands inside the attempt timeout and outside the user's policies, so that everything around an attempt
 * takes a fault for real; each is told as the event `fault-injected` and on the span of its attempt.
 */
export class FaultInjector {
  readonly #settings: FaultSettings
  readonly #host: Host
  readonly #dice: FaultDice
  readonly #matches: ((attempt: Attempt) => boolean) | undefined
  readonly #counts = { delayed: 0, aborted: 0, cut: 0, throttled: 0, capped: 0, unreadable: 0 }
  /** Whether it may inject anything at all. */
  readonly allowed: boolean
  #enabled: boolean
  #active = 0
  #inFlight = 0
  readonly #spoiledOver: BodyListener = {
    bodyOver: () => {
      this.#active -= 1
    },
  }
  readonly #over: BodyListener = {
    bodyOver: () => {
      this.#inFlight -= 1
    },
  }

  /**
   * @param settings see {@link FaultSettings}.
   * @param host time, chance, and who hears of faults.
   * @param production whether this is production, where faults must be allowed.
   */
  constructor(settings: FaultSettings, host: Host, production: boolean) {
    this.#settings = settings
    this.#host = host
    this.#dice = new FaultDice(settings, host.random)
    this.#matches = faultMatcher(settings.match)
    this.allowed = !production || settings.allowInProduction
    this.#enabled = settings.enabled && this.allowed
  }

  /** Whether attempts get faults now. */
  get enabled(): boolean {
    return this.#enabled
  }

  /** Attempts that are under a fault now. */
  get active(): number {
    return this.#active
  }

  /** See {@link FaultCounts}. */
  get counts(): FaultCounts {
    return { ...this.#counts }
  }

  /** What the attempts of a call would get, if faults are on. Throws no dice. */
  peek(call: Call): FaultOutlook {
    const { match, header, delay, abort, cutBody, throttle } = this.#settings
    const shares = { delay: delay?.share, abort: abort?.share, cutBody: cutBody?.share, throttle: throttle?.share }
    return {
      fits: mayFit(match, call),
      asked: header ? headerOf(call.headers, faultHeader) : undefined,
      shares: Object.fromEntries(Object.entries(shares).filter((entry): entry is [string, number] => entry[1] !== undefined)),
      places: [...(match.endpoints ?? []), ...(match.zones ?? [])],
    }
  }

  /**
   * Turns faults on or off. Attempts that are under one stay so.
   *
   * @throws TypeError when they shall be on in production, and are not allowed there.
   */
  switch(on: boolean): void {
    const { service } = this.#host
    if (on && !this.allowed)
      throw new TypeError(`fault.enable: ${service}: expected fault.allowInProduction to be true in production, got false`)
    if (on === this.#enabled) return
    this.#enabled = on
    this.#host.emit('faults-switched', { service, enabled: on })
  }

  /** Surrounds an attempt. */
  readonly layer: Layer<Attempt> = (next) => {
    const send: Send<Attempt> = (attempt) => {
      if (!this.#enabled || this.#matches?.(attempt) === false) return next(attempt)
      const asked = this.#settings.header ? headerOf(attempt.headers, faultHeader) : undefined
      if (asked !== undefined) return this.#asked(attempt, asked, next)
      const faults = this.#dice.throw()
      return faults === undefined ? next(attempt) : this.#inject(attempt, faults, next)
    }
    return this.#settings.maxActiveShare < 1 ? this.#counting(send) : send
  }

  #asked(attempt: Attempt, header: string, next: Send<Attempt>): Promise<Outcome> {
    const plain = attempt.with({ headers: withHeader(attempt.headers, faultHeader, undefined) })
    const faults = readFaultHeader(header, this.#settings.maxDelayMs)
    if (faults !== undefined) return this.#inject(plain, faults, next)
    this.#counts.unreadable += 1
    return next(plain)
  }

  #inject(attempt: Attempt, faults: ChosenFaults, next: Send<Attempt>): Promise<Outcome> {
    const { maxActive, maxActiveShare } = this.#settings
    // One always may be: with few calls in flight a share of them is less than one.
    const most = maxActiveShare < 1 ? Math.min(maxActive, Math.max(1, maxActiveShare * this.#inFlight)) : maxActive
    if (this.#active + 1 > most) {
      this.#counts.capped += 1
      return next(attempt)
    }
    return this.#carryOut(attempt, faults, next)
  }

  async #carryOut(attempt: Attempt, faults: ChosenFaults, next: Send<Attempt>): Promise<Outcome> {
    const means = { clock: this.#host.clock, maxDelayMs: this.#settings.maxDelayMs }
    this.#active += 1
    let outcome: Outcome | undefined
    try {
      outcome = await faultyAttempt(attempt, faults, next, means, (kind, detail) => this.#tell(attempt, faults, kind, detail))
      return outcome
    } finally {
      if (outcome?.ok) outcome.reply.body.whenOver(this.#spoiledOver)
      else this.#active -= 1
    }
  }

  #tell(attempt: Attempt, { by }: ChosenFaults, fault: FaultKind, detail: string): void {
    this.#counts[counted[fault]] += 1
    const { call, endpoint, number } = attempt
    this.#host.emit('fault-injected', {
      ...{ service: call.service, endpoint: endpoint.address, attempt: number },
      ...{ fault, detail, by, ...routeFact(call) },
    })
    noteFault(call, { attempt: number, what: `${fault} ${detail}` })
    const told = { 'proxyless.fault': fault, 'proxyless.fault.detail': detail, 'proxyless.fault.by': by }
    call.context.get(callTrace)?.tellAttempt(number, 'proxyless.fault_injected', told)
  }

  /** Counts attempts in flight, where the cap is a share of them. */
  #counting(next: Send<Attempt>): Send<Attempt> {
    return async (attempt) => {
      this.#inFlight += 1
      let outcome: Outcome | undefined
      try {
        outcome = await next(attempt)
        return outcome
      } finally {
        if (outcome?.ok) outcome.reply.body.whenOver(this.#over)
        else this.#inFlight -= 1
      }
    }
  }
}
