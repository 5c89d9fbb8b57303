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
  readonly #passed: ((endpoint: Endpoint) => void) | undefined
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
   * @param passed told of an endpoint whose checks say that it is well again.
   */
  constructor(host: Host, board: HealthBoard, passed?: (endpoint: Endpoint) => void) {
    this.#host = host
    this.#board = board
    this.#chance = host.random.fork('health-check')
    this.#passed = passed
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

  /** Traffic: it ends the long interval. */
  answered(): void {
    if (this.#context === undefined || this.#used) return
    this.#used = true
    for (const check of this.#checks.values()) check.hurry()
  }

  /** A server said in the reply to a call that it wants no more of them. Whoever reads that tells it here, if it is to be believed. */
  failAtOnce(endpoint: Endpoint): void {
    this.#checks.get(endpoint)?.failAtOnce(failAtOnceHeader)
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
    if (state !== 'unhealthy') this.#passed?.(endpoint)
    const { service, emit } = this.#host
    // The first check of an endpoint that is well finds what was taken for granted.
    if (state !== undefined && state !== before) emit('health-changed', { service, endpoint: endpoint.address, state, reason })
  }
}
