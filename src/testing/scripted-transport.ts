import type { Attempt } from '../call/attempt.ts'
import { failed, type Outcome } from '../call/outcome.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { MeshError } from '../errors/mesh-error.ts'
import { printValue } from '../errors/print-value.ts'
import type { Host, Part } from '../runtime/host.ts'
import { type Given, withDefaults } from '../runtime/with-defaults.ts'
import type { Transport, TransportStats } from '../transport/transport.ts'
import { FarAttempt } from './far-attempt.ts'
import type { AnswerFunction, ScriptedAnswer } from './scripted-answer.ts'
import type { ScriptedAttempt } from './scripted-attempt.ts'

/** How a {@link ScriptedTransport} behaves. Every option has a default, see {@link scriptedTransportDefaults}. */
export interface ScriptedTransportOptions {
  /** Whether attempts, and endpoints that left, are kept for the test to look at; turn it off for millions of calls. @defaultValue {@link scriptedTransportDefaults}.record */
  readonly record: boolean
}

/** The defaults of {@link ScriptedTransportOptions}. */
export const scriptedTransportDefaults: Readonly<ScriptedTransportOptions> = Object.freeze({ record: true })

/** What a test can see and do on the far side of a {@link ScriptedTransport}. */
export interface ScriptedTransportControls {
  /** Every attempt so far, oldest first; empty when they are not recorded. */
  readonly attempts: readonly ScriptedAttempt[]
  /** How many attempts were begun. */
  readonly begun: number
  /** How many of them are not over: without an answer, or with a reply whose body is not over. */
  readonly open: number
  /** Endpoints that left their service, oldest first; empty when attempts are not recorded. */
  readonly retired: readonly Endpoint[]
  /** The next attempt that was not taken before; waits for it. */
  next(): Promise<ScriptedAttempt>
  /** Changes the script for attempts to come; `'hang'` leaves them to {@link ScriptedTransportControls.next}. */
  answer(script: ScriptedAnswer | AnswerFunction): void
  /** @throws Error when an attempt is not over; it names each. */
  assertIdle(): void
}

/**
 * A transport without a wire, for tests: it answers by a script, or the test itself answers. Give it to `mesh({ clock, transport })`, or
 * call it with a host to have the transport alone.
 */
export interface ScriptedTransport extends Part<Transport>, ScriptedTransportControls {}

/** What all transports of one {@link ScriptedTransport} share. */
class FarSide {
  readonly #record: boolean
  readonly attempts: FarAttempt[] = []
  readonly retired: Endpoint[] = []
  readonly open = new Set<FarAttempt>()
  readonly #waiting: ((attempt: FarAttempt) => void)[] = []
  #taken = 0
  begun = 0
  script: ScriptedAnswer | AnswerFunction

  constructor(script: ScriptedAnswer | AnswerFunction, record: boolean) {
    this.script = script
    this.#record = record
  }

  next(): Promise<FarAttempt> {
    const attempt = this.attempts[this.#taken]
    if (attempt === undefined) return new Promise((resolve) => this.#waiting.push(resolve))
    this.#taken += 1
    return Promise.resolve(attempt)
  }

  left(endpoint: Endpoint): void {
    if (this.#record) this.retired.push(endpoint)
  }

  arrived(attempt: FarAttempt): void {
    this.begun += 1
    if (!attempt.over) this.open.add(attempt)
    if (this.#record) this.attempts.push(attempt)
    const taker = this.#waiting.shift()
    if (taker !== undefined) {
      if (this.#record) this.#taken += 1
      taker(attempt)
    }
    if (this.script !== 'hang') void this.#play(attempt, this.script)
  }

  assertIdle(): void {
    if (this.open.size === 0) return
    const lines = [...this.open].slice(0, 20).map((attempt) => `  - ${attempt.describe()}`)
    throw new Error(`scriptedTransport: ${this.open.size} of ${this.begun} attempts are not over:\n${lines.join('\n')}`)
  }

  async #play(attempt: FarAttempt, script: ScriptedAnswer | AnswerFunction): Promise<void> {
    try {
      const answer = typeof script === 'function' ? await script(attempt) : script
      if (answer === 'hang') return
      if (typeof answer !== 'object' || answer === null) {
        throw new TypeError(
          `expected a reply such as { status: 200 }, a failure such as { error: 'CONNECT_FAILED' }, or 'hang', got ${printValue(answer)}`,
        )
      }
      if ('error' in answer) {
        attempt.fail(answer)
        return
      }
      // A server answers when it has the request. If the request fails instead, so has the attempt.
      await attempt.received.catch(() => {})
      if (!attempt.answered) attempt.reply(answer)
    } catch (cause) {
      const { call, endpoint } = attempt.attempt
      const facts = { service: call.service, endpoint: endpoint.address, sent: true }
      attempt.fail({ error: new MeshError('INTERNAL', 'the script of the transport threw', facts, cause) })
    }
  }
}

/** The transport of one service. */
class ScriptedWire implements Transport {
  readonly name = 'scripted'
  readonly #far: FarSide
  readonly #host: Host
  readonly #open = new Set<FarAttempt>()
  #closed: Promise<void> | undefined
  #onEmpty: () => void = () => {}

  constructor(far: FarSide, host: Host) {
    this.#far = far
    this.#host = host
  }

  readonly send = (attempt: Attempt): Promise<Outcome> => {
    const { reason } = attempt.cancellation
    if (reason !== undefined) return Promise.resolve(failed(reason))
    if (this.#closed !== undefined) {
      const facts = { service: attempt.call.service, endpoint: attempt.endpoint.address, sent: false }
      return Promise.resolve(failed(new MeshError('CLOSED', 'the transport is closed', facts)))
    }
    const far = new FarAttempt(attempt, this.#host.clock, (over) => this.#ended(over))
    if (!far.over) this.#open.add(far)
    this.#far.arrived(far)
    return far.outcome
  }

  retire(endpoint: Endpoint): void {
    this.#far.left(endpoint)
  }

  stats(endpoint: Endpoint): TransportStats {
    let connections = 0
    for (const attempt of this.#open) if (attempt.endpoint === endpoint) connections += 1
    return { connections, idle: 0, waiting: 0 }
  }

  close(graceMs = Number.POSITIVE_INFINITY): Promise<void> {
    this.#closed ??= this.#drain(graceMs)
    return this.#closed
  }

  async #drain(graceMs: number): Promise<void> {
    if (this.#open.size === 0) return
    const timer = Number.isFinite(graceMs) ? this.#host.clock.schedule(graceMs, () => this.#cutOff()) : undefined
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve
    })
    timer?.cancel()
  }

  #cutOff(): void {
    for (const attempt of [...this.#open]) attempt.fail({ error: 'CLOSED', sent: true })
  }

  #ended(attempt: FarAttempt): void {
    this.#open.delete(attempt)
    this.#far.open.delete(attempt)
    if (this.#open.size === 0) this.#onEmpty()
  }
}

/**
 * Makes a {@link ScriptedTransport}.
 *
 * @param script answers each attempt: one answer for all, or a function; see also {@link byEndpoint} and {@link inTurn}. Left out, every
 * attempt waits until the test takes it with `next()` and answers it.
 * @param options see {@link ScriptedTransportOptions}.
 * @example
 * ```ts
 * import { fixed, mesh } from 'proxyless'
 * import { fakeClock, scriptedTransport } from 'proxyless/testing'
 *
 * const clock = fakeClock()
 * const transport = scriptedTransport((attempt) => ({ status: 200, body: `you asked for ${attempt.path}`, latencyMs: 20 }))
 * const net = mesh({ clock, transport })
 *   .service('orders', (s) => s.resolve(fixed(['http://10.0.0.7:8080'])))
 *   .build()
 *
 * const response = await clock.until(net.fetch('http://orders/v1/42'))
 * console.log(await response.text()) // you asked for /v1/42
 * await net.close()
 * transport.assertIdle()
 * ```
 */
export function scriptedTransport(
  script: ScriptedAnswer | AnswerFunction = 'hang',
  options?: Given<ScriptedTransportOptions>,
): ScriptedTransport {
  const far = new FarSide(script, withDefaults(scriptedTransportDefaults, options).record)
  const controls: ScriptedTransportControls = {
    attempts: far.attempts,
    retired: far.retired,
    get begun() {
      return far.begun
    },
    get open() {
      return far.open.size
    },
    next: () => far.next(),
    answer: (next) => {
      far.script = next
    },
    assertIdle: () => far.assertIdle(),
  }
  const connect = (host: Host): Transport => new ScriptedWire(far, host)
  return Object.defineProperties(connect, Object.getOwnPropertyDescriptors(controls)) as ScriptedTransport
}
