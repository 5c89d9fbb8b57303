import type { Attempt } from '../../call/attempt.ts'
import { failed, type Outcome } from '../../call/outcome.ts'
import type { EndpointSpec } from '../../endpoint/endpoint.ts'
import { MeshError, type MeshErrorCode } from '../../errors/mesh-error.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Random } from '../../runtime/random.ts'
import { sentByCode } from '../scripted-answer.ts'
import type { Distribution } from './distribution.ts'
import { LatencyByLoad } from './latency-by-load.ts'
import { ServedAttempt } from './served-attempt.ts'
import { type FailureModel, failureProblem, type ServerModel, speedProblem } from './server-model.ts'
import { WorkLine } from './work-line.ts'

/** What a {@link SimulatedServer} runs on. */
export interface SimulatedServerMeans {
  /** Virtual time. */
  readonly clock: Clock
  /** Chance of its own. */
  readonly random: Random
  /** Told of each attempt that is over: its status or error, or that whoever sent it left. */
  readonly onOver: (result: number | MeshErrorCode | 'left') => void
}

function draw(value: number | Distribution, random: Random): number {
  return typeof value === 'number' ? value : value(random)
}

/** A server of a simulation: what it does at the moment, and the means to change it. */
export class SimulatedServer {
  /** Its name. */
  readonly name: string
  /** The endpoint's address. */
  readonly address: string
  /** What it began as. */
  readonly model: ServerModel
  readonly #means: SimulatedServerMeans
  readonly #line: WorkLine
  readonly #open = new Set<ServedAttempt>()
  #failures: FailureModel | undefined
  #isUp = true
  #attempts = 0
  readonly #latency = new LatencyByLoad()

  /** @internal made by {@link simulate} */
  constructor(model: ServerModel, name: string, address: string, means: SimulatedServerMeans) {
    this.model = model
    this.name = name
    this.address = address
    this.#means = means
    this.#failures = model.failures
    const { workers = 1, discipline = 'fifo', speed = 1 } = model
    this.#line = new WorkLine(means.clock, { workers, discipline }, speed)
  }

  /** Attempts that have not been answered, of all clients; those of callers that left count for as long as it works on them. */
  get inFlight(): number {
    return this.#open.size
  }

  /** What waits for a worker. */
  get waiting(): number {
    return this.#line.waiting
  }

  /** Attempts that ever came. */
  get attempts(): number {
    return this.#attempts
  }

  /** The time that its workers have worked, added up, in milliseconds: what grows by less than a second a second and worker is idle time. */
  get busyMs(): number {
    return this.#line.busyMs
  }

  /**
   * How long it takes at the load that it has now, waiting included, in milliseconds: the median of the last good answers to calls that found
   * about as many others; 0 before the first.
   */
  get latencyMs(): number {
    return this.#latency.at(this.inFlight, this.#means.clock.now())
  }

  /** Whether it takes connections. */
  get isUp(): boolean {
    return this.#isUp
  }

  /** See {@link ServerModel.speed}; may be set at any time, and changes what it works on as well. */
  get speed(): number {
    return this.#line.speed
  }

  /** See {@link ServerModel.speed}. */
  set speed(speed: number) {
    const problem = speedProblem(speed)
    if (problem !== undefined) throw new TypeError(`${this.name}: ${problem}`)
    this.#line.speed = speed
  }

  /** How attempts to come fail; `undefined` for not at all. */
  set failures(failures: FailureModel | undefined) {
    const problem = failures === undefined ? undefined : failureProblem(failures)
    if (problem !== undefined) throw new TypeError(`${this.name}: ${problem}`)
    this.#failures = failures
  }

  /** See {@link ServerModel.failures}. */
  get failures(): FailureModel | undefined {
    return this.#failures
  }

  /** Goes away as a process that is killed: what is in flight is lost, and nobody listens until {@link start}. */
  kill(): void {
    this.#isUp = false
    this.#line.clear()
    for (const attempt of [...this.#open]) attempt.fail('CONNECTION_LOST')
  }

  /** Comes back after {@link kill}. */
  start(): void {
    this.#isUp = true
  }

  /** @internal what the resolver says about it */
  get spec(): EndpointSpec {
    const { weight, region, zone, priority, labels, servername } = this.model
    return { url: this.address, weight, region, zone, priority, labels, servername }
  }

  /** @internal takes an attempt */
  serve(attempt: Attempt): Promise<Outcome> {
    const { clock, random } = this.#means
    this.#attempts += 1
    if (!this.#isUp) {
      this.#means.onOver('CONNECT_FAILED')
      return Promise.resolve(failed(this.error(attempt, 'CONNECT_FAILED')))
    }
    const served = new ServedAttempt(attempt, this, clock.now(), this.inFlight)
    this.#open.add(served)
    const failure = this.#failures
    const { share = 1, result = 503, afterMs = 1 } = failure ?? { share: 0 }
    if (share > 0 && random.next() < share) served.endLater(clock, draw(afterMs, random), result)
    else if (this.#open.size > (this.model.capacity ?? Number.POSITIVE_INFINITY)) served.reply(503)
    else this.#line.add(served, draw(this.model.serviceMs, random))
    return served.outcome
  }

  /** @internal an attempt is over */
  over(attempt: ServedAttempt, result: number | MeshErrorCode | 'left'): void {
    this.#open.delete(attempt)
    if (result === 'left') this.#line.drop(attempt)
    else if (result === 200) {
      const now = this.#means.clock.now()
      this.#latency.answered(attempt.others, now - attempt.beganAt, now)
    }
    this.#means.onOver(result)
  }

  /** @internal */
  error({ call }: Attempt, code: MeshErrorCode): MeshError {
    const facts = { service: call.service, endpoint: this.address, sent: sentByCode(code) }
    return new MeshError(code, `${this.name} of the simulation says ${code}`, facts)
  }
}
