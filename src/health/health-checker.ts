import type { Outcome } from '../call/outcome.ts'
import type { Verdict } from '../call/verdict.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Host } from '../runtime/host.ts'
import type { Random } from '../runtime/random.ts'
import type { AttemptWatcher } from './attempt-watcher.ts'
import type { CheckState } from './check-state.ts'
import { type CheckContext, EndpointCheck } from './endpoint-check.ts'
import type { HealthBoard } from './health-board.ts'
import type { HealthCheck } from './health-check.ts'
import type { CheckSchedule } from './health-check-options.ts'
import { failAtOnceHeader } from './http-check.ts'

/** What a plan says about health checks, made into parts. */
export interface HealthCheckParts {
  readonly schedule: CheckSchedule
  readonly check: HealthCheck
}

/** Asks every endpoint of a service whether it is well, and notes the answer on the board under `'check'`. */
export class HealthChecker implements AttemptWatcher {
  readonly name = 'check'
  readonly #host: Host
  readonly #board: HealthBoard
  readonly #chance: Random
  readonly #checks = new Map<Endpoint, EndpointCheck>()
  /** Checks that wait for others to end. */
  #waiting: (() => void)[] = []
  #underway = 0
  #used = false
  #parts: HealthCheckParts | undefined
  #context: CheckContext | undefined

  /**
   * @param host the service.
   * @param board where findings are noted.
   */
  constructor(host: Host, board: HealthBoard) {
    this.#host = host
    this.#board = board
    this.#chance = host.random.fork('health-check')
  }

  /**
   * Puts other settings in force. What is known of an endpoint stays until it is checked anew, which then holds at once.
   *
   * @param parts `undefined` for no more checks.
   * @param endpoints those that there are.
   */
  use(parts: HealthCheckParts | undefined, endpoints: readonly Endpoint[]): void {
    if (parts === this.#parts) return
    this.#stopAll()
    this.#parts?.check.close()
    this.#parts = parts
    this.#context = parts === undefined ? undefined : this.#contextOf(parts)
    if (parts === undefined) for (const endpoint of endpoints) this.#board.note(endpoint, this.name, undefined)
    else this.add(endpoints)
  }

  /** Begins to check endpoints that are new. */
  add(endpoints: readonly Endpoint[]): void {
    const context = this.#context
    if (context === undefined) return
    for (const endpoint of endpoints) {
      if (!this.#checks.has(endpoint)) this.#checks.set(endpoint, new EndpointCheck(endpoint, context))
    }
  }

  /** Stops checking endpoints that are gone. */
  forget(endpoints: readonly Endpoint[]): void {
    for (const endpoint of endpoints) {
      const check = this.#checks.get(endpoint)
      if (check === undefined) continue
      check.stop()
      this.#checks.delete(endpoint)
      this.#parts?.check.retire(endpoint)
    }
  }

  /** What the checks of an endpoint have found. */
  stateOf(endpoint: Endpoint): Pick<CheckState, 'state' | 'reason'> | undefined {
    const known = this.#checks.get(endpoint)?.known
    return known === undefined ? undefined : { state: known.state, reason: known.reason }
  }

  /** Traffic: it ends the long interval, and a server may say in any reply that it wants no more calls. */
  answered(endpoint: Endpoint, _verdict: Verdict, _latencyMs: number, outcome: Outcome): void {
    if (this.#context === undefined) return
    if (!this.#used) {
      this.#used = true
      for (const check of this.#checks.values()) check.hurry()
    }
    if (outcome.ok && outcome.reply.headers[failAtOnceHeader] !== undefined) this.#checks.get(endpoint)?.failAtOnce(failAtOnceHeader)
  }

  /** The service is gone. */
  close(): void {
    this.#stopAll()
    this.#parts?.check.close()
    this.#parts = undefined
    this.#context = undefined
  }

  #stopAll(): void {
    for (const check of this.#checks.values()) check.stop()
    this.#checks.clear()
    this.#waiting = []
  }

  #contextOf({ schedule, check }: HealthCheckParts): CheckContext {
    return {
      host: this.#host,
      schedule,
      check,
      draw: () => this.#chance.next(),
      isUsed: () => this.#used,
      enter: (task) => {
        if (this.#underway >= schedule.concurrency) {
          this.#waiting.push(task)
          return
        }
        this.#underway += 1
        task()
      },
      leave: () => {
        const next = this.#waiting.shift()
        if (next === undefined) this.#underway -= 1
        else next()
      },
      changed: (done) => this.#changed(done),
    }
  }

  #changed({ endpoint, known: { state, reason } }: EndpointCheck): void {
    const before = this.#board.findingsOf(endpoint).get(this.name) ?? 'healthy'
    this.#board.note(endpoint, this.name, state)
    const { service, emit } = this.#host
    // The first check of an endpoint that is well finds what was taken for granted.
    if (state !== undefined && state !== before) emit('health-changed', { service, endpoint: endpoint.address, state, reason })
  }
}
