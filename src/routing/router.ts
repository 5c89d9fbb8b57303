/**
 * From a call to an attempt.
 *
 * Routing decides where an attempt goes: it draws a version, if calls are divided (split.ts), narrows the endpoints of the service to those that may serve the call (subset.ts, then the own place
 * if locality is strict), divides them into tiers by priority and distance (priority.ts), works out by their health how much each tier gets (spill.ts) and each place within it
 * (locality-split.ts), draws one of these groups, asks the balancer's picker for one of its endpoints, numbers the attempt, sends it, and settles it: the verdict, the counters and the load
 * meters, exactly once. A call that is to be repeated comes through here again, and so chooses afresh.
 *
 * It never knows how endpoints are found, how one is chosen among equals, when an attempt is repeated, or what a connection is.
 *
 * To add a step that narrows: a file here with a pure function from endpoints to endpoints, its place in candidate-sets.ts between subset and
 * tiers, and a sentence in why-none.ts for the case that it leaves nothing.
 *
 * @example
 * ```ts
 * import type { Endpoint } from 'proxyless'
 *
 * // A step that narrows: endpoints of one region, or all when the region has none.
 * export function nearest(endpoints: readonly Endpoint[], region: string): readonly Endpoint[] {
 *   const near = endpoints.filter((endpoint) => endpoint.locality.region === region)
 *   return near.length > 0 ? near : endpoints
 * }
 * ```
 */
import type { Balancer } from '../balancing/balancer.ts'
import { Attempt } from '../call/attempt.ts'
import type { Call, SpentAttempt } from '../call/call.ts'
import type { Send } from '../call/layer.ts'
import { failed, type Outcome, replied } from '../call/outcome.ts'
import type { Reply } from '../call/reply.ts'
import { afterwards } from '../call/settling.ts'
import { sideBySide } from '../call/side-by-side.ts'
import type { Classifier, Verdict } from '../call/verdict.ts'
import { beginWait, endWait } from '../call/waiting-for.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { MeshError } from '../errors/mesh-error.ts'
import type { ReplyListener } from '../health/announced-health.ts'
import type { AttemptWatcher } from '../health/attempt-watcher.ts'
import type { HealthView } from '../health/health-board.ts'
import type { Probe } from '../health/probe.ts'
import type { ProbeSource } from '../health/probe-desk.ts'
import type { Host } from '../runtime/host.ts'
import { hearLateRejection } from '../runtime/late-rejection.ts'
import { AttemptEnd, type AttemptSettler } from './attempt-end.ts'
import { type BalancerFaults, BalancerWatch } from './balancer-watch.ts'
import { CandidateSets } from './candidate-sets.ts'
import type { Candidates } from './candidates.ts'
import { checkedOutcome } from './checked-outcome.ts'
import type { DirectoryView } from './directory-view.ts'
import { EndpointChoice } from './endpoint-choice.ts'
import type { EndpointPermits, Reservation } from './endpoint-permits.ts'
import { nobodyElse, nothingKnown } from './no-endpoint.ts'
import { Observation } from './observation.ts'
import { type AttemptCounts, Observer } from './observer.ts'
import { Preparation } from './preparation.ts'
import { mayProbe } from './probe-choice.ts'
import { type RoutingSettings, routingDefaults } from './routing-settings.ts'
import type { CallSplit, VersionChoice } from './version-choice.ts'
import { whyNone } from './why-none.ts'

/** What a {@link Router} works with. */
export interface RouterParts {
  /** Time, events, and the name of the service. */
  readonly host: Host
  /** The service's endpoints. */
  readonly directory: DirectoryView
  /** Who is fit to serve. */
  readonly health: HealthView
  /** Hears every reply, if somebody wants to. */
  readonly heard?: ReplyListener | undefined
  /** Endpoints that are kept out and wait for one attempt that shows whether they are well again. */
  readonly probes?: ProbeSource | undefined
  /** Divides calls among versions, if they are divided. */
  readonly split?: CallSplit | undefined
  /** Who hears of every attempt, beside the balancer's meters. */
  readonly watchers?: readonly AttemptWatcher[] | undefined
  /** Which endpoint now. */
  readonly balancer: Balancer
  /** The judge of the service. */
  readonly classify: Classifier
  /** Carries an attempt to its endpoint. */
  readonly send: Send<Attempt>
  /** Hears how each attempt was judged. */
  readonly judged?: ((attempt: Attempt, outcome: Outcome, verdict: Verdict) => void) | undefined
  /** Hears of a body that broke after its head. */
  readonly broke?: ((call: Call, error: MeshError) => void) | undefined
  /** How endpoints are narrowed and divided. @defaultValue {@link routingDefaults} */
  readonly routing?: RoutingSettings | undefined
  /** How many attempts an endpoint may have at once, if that is limited. */
  readonly permits?: EndpointPermits | undefined
  /** Where faults of the balancer are counted. @defaultValue nobody reads them */
  readonly faults?: BalancerFaults | undefined
}

/** Routes the calls of one service. */
export class Router implements AttemptSettler {
  readonly #service: string
  readonly #directory: DirectoryView
  readonly #balancer: Balancer
  readonly #send: Send<Attempt>
  readonly #judged: RouterParts['judged']
  readonly #heard: ReplyListener | undefined
  readonly #settings: RoutingSettings
  readonly #sets: CandidateSets
  /** Where calls wait for what the balancer prepares, if it is one that does. */
  readonly #preparation: Preparation | undefined
  readonly #observer: Observer
  readonly #probes: ProbeSource | undefined
  readonly #permits: EndpointPermits | undefined
  readonly #split: CallSplit | undefined
  readonly #endpoints: EndpointChoice

  /** @param parts see {@link RouterParts}. */
  constructor(parts: RouterParts) {
    const { host, directory, health, probes, watchers, balancer, classify, send, routing = routingDefaults } = parts
    const { permits, faults = { faults: 0, bypasses: 0 } } = parts
    this.#service = host.service
    this.#directory = directory
    this.#balancer = balancer
    this.#send = send
    this.#judged = parts.judged
    this.#heard = parts.heard
    this.#settings = routing
    const watch = new BalancerWatch(host, balancer, faults)
    this.#sets = new CandidateSets(directory, { health, balancer, host, watch, settings: routing })
    this.#preparation = balancer.prepares ? new Preparation(host.clock, watch) : undefined
    const meters = balancer.meters ?? []
    this.#observer = new Observer(host, permits === undefined ? meters : [...meters, permits], classify, watchers)
    this.#observer.broke = parts.broke
    this.#probes = probes
    this.#permits = permits
    this.#endpoints = new EndpointChoice(permits)
    this.#split = parts.split
  }

  /** Makes one attempt of a call; resolves with a `NO_ENDPOINT` error, which says why, when there is nobody to try. */
  readonly send: Send<Call> = (call) => {
    try {
      return this.#directory.state === 'unresolved' ? this.#waitForAnswer(call).then(() => this.#choose(call)) : this.#choose(call)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Attempts so far. */
  get counters(): AttemptCounts {
    return this.#observer.counters
  }

  /** No async function, as all that every call goes through: the frame would cost more than the choice. */
  #choose(call: Call): Promise<Outcome> {
    const { reason } = call.cancellation
    if (reason !== undefined) return nobody(reason)
    if (this.#directory.endpoints.length === 0) return nobody(nothingKnown(call, this.#directory))
    // Once for the attempt: one that waits for room waits for room at its version.
    const choice = this.#split?.choose(call, this.#sets)
    return this.#preparation === undefined ? this.#chooseNow(call, choice) : this.#chooseWhenReady(call, choice, this.#preparation)
  }

  #chooseWhenReady(call: Call, choice: VersionChoice | undefined, preparation: Preparation): Promise<Outcome> {
    const room = preparation.of(this.#candidates(call, choice))
    if (room === undefined) return this.#chooseNow(call, choice)
    return preparation.wait(call, room).then(() => {
      const { reason } = call.cancellation
      return reason === undefined ? this.#chooseNow(call, choice) : nobody(reason)
    })
  }

  #chooseNow(call: Call, choice: VersionChoice | undefined): Promise<Outcome> {
    const candidates = this.#candidates(call, choice)
    if (call.underway.length > 0 && call.context.get(sideBySide) && !this.#endpoints.hasUntried(candidates, call))
      return nobody(nobodyElse(call))
    // Read once, for the choice and for the attempt.
    const now = this.#observer.now()
    const picked = this.#endpoints.of(candidates, call, now)
    if (picked !== 'full') return this.#attempt(call, candidates, picked, choice, now)
    if (call.underway.length > 0 && call.context.get(sideBySide)) return nobody(nobodyElse(call))
    return this.#attemptWithRoom(call, this.#permits as EndpointPermits, choice)
  }

  async #attemptWithRoom(call: Call, permits: EndpointPermits, choice: VersionChoice | undefined): Promise<Outcome> {
    const place = await this.#waitForRoom(permits, call, choice)
    if (MeshError.is(place)) return failed(place)
    // From here to the beginning of the attempt nothing else runs.
    permits.settle(place)
    if (call.cancellation.reason !== undefined) {
      permits.reconsider()
      return failed(call.cancellation.reason)
    }
    return this.#attempt(call, this.#candidates(call, choice), place.endpoint, choice, this.#observer.now())
  }

  #attempt(
    call: Call,
    candidates: Candidates,
    picked: Endpoint | undefined,
    choice: VersionChoice | undefined,
    startedAt: number,
  ): Promise<Outcome> {
    const probe = this.#probes === undefined || this.#probes.waiting === 0 ? undefined : this.#takeProbe(call, candidates, picked, choice)
    const endpoint = probe?.endpoint ?? picked
    if (endpoint !== picked) this.#permits?.reconsider()
    if (endpoint === undefined) {
      const [labels, allTried] = [choice?.labels ?? call.subset, !this.#endpoints.hasUntried(candidates, call)]
      const [directory, settings, balancer] = [this.#directory, this.#settings, this.#balancer.name]
      return nobody(whyNone(call, { candidates, labels, directory, settings, balancer, allTried }))
    }
    const attempt = new Attempt(call, endpoint, call.spent.length + call.underway.length + 1)
    const end = new AttemptEnd(this, attempt, new Observation(this.#observer, attempt, startedAt), candidates, probe)
    try {
      return afterwards(this.#send(attempt), end)
    } catch (error) {
      return Promise.resolve(end.threw(error))
    }
  }

  /** See {@link AttemptSettler}. */
  ended(given: Outcome, { attempt, observation, candidates, probe }: AttemptEnd): Outcome {
    const { call, endpoint } = attempt
    let outcome = this.#checked(given, attempt)
    if (outcome.ok) this.#heard?.(endpoint, outcome.reply)
    if (outcome.ok && this.#balancer.amend !== undefined) outcome = this.#amended(attempt, outcome.reply)
    const untriedLeft = this.#endpoints.hasUntried(candidates, call)
    const verdict = observation.answered(outcome, untriedLeft)
    probe?.ended(verdict)
    this.#judged?.(attempt, outcome, verdict)
    // Nobody took the call anywhere: perhaps the service has moved.
    if (!untriedLeft && call.spent.every(neverTaken)) this.#directory.refresh()
    return outcome
  }

  async #waitForAnswer(call: Call): Promise<void> {
    beginWait(call, 'discovery', this.#observer.now())
    try {
      await this.#directory.settled(call.cancellation)
    } catch (error) {
      this.#observer.threw('directory', error)
    }
    endWait(call, 'discovery', this.#observer.now())
  }

  #candidates(call: Call, choice: VersionChoice | undefined): Candidates {
    return choice === undefined ? this.#sets.of(call.subset) : this.#sets.of(choice.labels, choice.key)
  }

  #waitForRoom(permits: EndpointPermits, call: Call, choice: VersionChoice | undefined): Promise<Reservation | MeshError> {
    return permits.wait(call, () => this.#endpoints.withRoom(permits, this.#candidates(call, choice), call, this.#observer.now(), true))
  }

  /** The endpoint that was picked gives way to one that waits for a probe. With nobody picked, a probe is all that is left. */
  #takeProbe(call: Call, candidates: Candidates, picked: Endpoint | undefined, choice: VersionChoice | undefined): Probe | undefined {
    const { narrowed } = candidates
    const probes = this.#probes as ProbeSource
    const probe = probes.take(call, (endpoint) => mayProbe(endpoint, narrowed, picked), picked === undefined)
    if (probe !== undefined || choice?.insteadOf === undefined) return probe
    const own = this.#candidates(call, choice.insteadOf).narrowed
    return probes.take(call, (endpoint) => mayProbe(endpoint, own, undefined), picked === undefined)
  }

  #amended(attempt: Attempt, reply: Reply): Outcome {
    try {
      const amended = this.#balancer.amend?.(attempt, reply) ?? reply
      hearLateRejection(amended)
      return checkedOutcome(replied(amended))
    } catch (error) {
      this.#observer.threw(`balancer ${this.#balancer.name}`, error)
      return replied(reply)
    }
  }

  /** An attempt's layers and transport resolve to an outcome, always; one that does not is made to. */
  threw({ endpoint, number }: Attempt, error: unknown): MeshError {
    this.#observer.threw('attempt', error)
    const facts = { service: this.#service, endpoint: endpoint.address, sent: true }
    return new MeshError('INTERNAL', `a policy or the transport threw during attempt ${number}`, facts, error)
  }

  #checked(outcome: Outcome, attempt: Attempt): Outcome {
    try {
      return checkedOutcome(outcome)
    } catch (error) {
      return failed(this.threw(attempt, error))
    }
  }
}

function nobody(error: MeshError): Promise<Outcome> {
  return Promise.resolve(failed(error))
}

/** Whether an endpoint could not be reached, or took nothing; a call that nobody can send says nothing about endpoints. */
function neverTaken({ sent, verdict }: SpentAttempt): boolean {
  return !sent && verdict.kind === 'failure' && verdict.retry === 'always'
}
