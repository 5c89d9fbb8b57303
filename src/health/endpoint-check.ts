import { Cancellation } from '../call/cancellation.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { MeshError } from '../errors/mesh-error.ts'
import type { Timer } from '../runtime/clock.ts'
import type { Host } from '../runtime/host.ts'
import { CheckState } from './check-state.ts'
import type { CheckResult, HealthCheck } from './health-check.ts'
import type { CheckSchedule } from './health-check-options.ts'

/** What checking one endpoint needs from those who check all. */
export interface CheckContext {
  readonly host: Host
  readonly schedule: CheckSchedule
  readonly check: HealthCheck
  /** The next draw of chance, in [0, 1). */
  readonly draw: () => number
  /** Whether the service has been called. */
  readonly isUsed: () => boolean
  /** Waits for its turn; the task is called at once if there is room. */
  readonly enter: (task: () => void) => void
  /** Makes room for the next. */
  readonly leave: () => void
  /** Told when the state changed. */
  readonly changed: (check: EndpointCheck) => void
}

/** Asks one endpoint, again and again. */
export class EndpointCheck {
  readonly endpoint: Endpoint
  readonly known = new CheckState()
  readonly #context: CheckContext
  #timer: Timer | undefined
  #dueAt = 0
  #cancellation: Cancellation | undefined
  #stopped = false

  /**
   * @param endpoint whom to ask.
   * @param context see {@link CheckContext}.
   */
  constructor(endpoint: Endpoint, context: CheckContext) {
    this.endpoint = endpoint
    this.#context = context
    this.#wait(context.schedule.initialJitterMs * context.draw())
  }

  /** The service is called for the first time: what was to wait for the long interval waits for the short one. */
  hurry(): void {
    if (this.#timer === undefined) return
    const delayMs = this.#delay(false)
    // The first check may be due sooner than that.
    if (this.#context.host.clock.now() + delayMs >= this.#dueAt) return
    this.#timer.cancel()
    this.#wait(delayMs)
  }

  /** The endpoint said itself that it is not well. */
  failAtOnce(reason: string): void {
    if (!this.known.failAtOnce(reason)) return
    this.#context.changed(this)
    if (this.#timer === undefined) return
    this.#timer.cancel()
    this.#wait(this.#delay(true))
  }

  /** Stops for good; what is under way ends. */
  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
    this.#cancellation?.cancel(this.#error('CLOSED', 'the endpoint is not checked any more'))
  }

  #wait(delayMs: number): void {
    const begin = () => {
      this.#timer = undefined
      this.#context.enter(() => void this.#run())
    }
    const { clock } = this.#context.host
    this.#dueAt = clock.now() + delayMs
    this.#timer = clock.schedule(delayMs, begin, { background: true })
  }

  async #run(): Promise<void> {
    const { host, schedule, check, leave } = this.#context
    if (this.#stopped) {
      leave()
      return
    }
    const cancellation = new Cancellation()
    this.#cancellation = cancellation
    const tooLate = () => cancellation.cancel(this.#error('ATTEMPT_TIMEOUT', `the check took longer than ${schedule.timeoutMs} ms`))
    const timer = host.clock.schedule(schedule.timeoutMs, tooLate, { background: true })
    let result: CheckResult
    try {
      result = await check.run(this.endpoint, cancellation)
    } catch (error) {
      host.emit('part-threw', { service: host.service, part: 'health check', error })
      result = { state: 'failing', reason: 'the check threw' }
    }
    timer.cancel()
    this.#cancellation = undefined
    leave()
    if (!this.#stopped) this.#took(result)
  }

  #took(result: CheckResult): void {
    const before = this.known.state
    const edge = this.known.take(result, this.#context.schedule)
    if (this.known.state !== before) this.#context.changed(this)
    this.#wait(this.#delay(edge))
  }

  #delay(edge: boolean): number {
    const { schedule, draw, isUsed } = this.#context
    const { noTrafficMs, jitterShare, jitterMs } = schedule
    const interval = isUsed() ? this.#interval(edge) : noTrafficMs
    return interval + interval * jitterShare * draw() + jitterMs * draw()
  }

  #interval(edge: boolean): number {
    const { intervalMs, unhealthyIntervalMs, unhealthyEdgeMs, healthyEdgeMs } = this.#context.schedule
    if (this.known.state === 'unhealthy') return edge ? unhealthyEdgeMs : unhealthyIntervalMs
    return edge ? healthyEdgeMs : intervalMs
  }

  #error(code: 'CLOSED' | 'ATTEMPT_TIMEOUT', message: string): MeshError {
    return new MeshError(code, message, { service: this.#context.host.service, endpoint: this.endpoint.address, sent: true })
  }
}
