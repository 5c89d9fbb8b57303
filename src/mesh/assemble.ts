import type { Attempt } from '../call/attempt.ts'
import type { Call } from '../call/call.ts'
import { compose, type Layer, type Send } from '../call/layer.ts'
import type { Classifier } from '../call/verdict.ts'
import { numberedStream } from '../discovery/numbered-stream.ts'
import type { MeshError } from '../errors/mesh-error.ts'
import type { ReplyListener } from '../health/announced-health.ts'
import type { AttemptWatcher } from '../health/attempt-watcher.ts'
import type { HealthView } from '../health/health-board.ts'
import type { ProbeSource } from '../health/probe-desk.ts'
import { type ServiceCircuit, serviceBreaker } from '../policies/breaker/service-breaker.ts'
import type { BalancerFaults } from '../routing/balancer-watch.ts'
import type { DirectoryView } from '../routing/directory-view.ts'
import { Router } from '../routing/router.ts'
import type { Split } from '../routing/split.ts'
import { SplitByRoute } from '../routing/split-by-route.ts'
import type { Host } from '../runtime/host.ts'
import { accessLog } from '../telemetry/access-log.ts'
import type { ServiceMetrics } from '../telemetry/service-metrics.ts'
import { ServiceTracing } from '../telemetry/service-tracing.ts'
import type { TelemetrySettings } from '../telemetry/telemetry-options.ts'
import { hearBoth } from './hear-both.ts'
import { byRoute, routeCalls, routeOfAttempt, routeOfCall } from './route-layers.ts'
import type { LayerParts } from './service-parts.ts'

/** What routing chooses from. */
export interface Known {
  readonly directory: DirectoryView
  readonly health: HealthView
  /** Hears every reply: endpoints may say something of their health in it. */
  readonly heard?: ReplyListener | undefined
  readonly probes: ProbeSource
  /** Judges of health that hear of every attempt. */
  readonly watchers: readonly AttemptWatcher[]
  /** The circuit of the service as a whole. */
  readonly circuit: ServiceCircuit
  readonly faults: BalancerFaults
  /** Hears of a body that broke after its head. */
  readonly broke?: ((call: Call, error: MeshError) => void) | undefined
  /** How the service is traced, if it is. */
  readonly telemetry: TelemetrySettings | undefined
  /** What is counted of its attempts, if anything. */
  readonly metrics?: ServiceMetrics | undefined
}

/**
 * Puts the layers of a service together. This is the one place that knows their order, and each keeps its reason here.
 *
 * @param parts what the plan of the service made.
 * @param known the endpoints of the service, and what is known of their health.
 * @param classify the judge of the service.
 * @param host the service.
 * @returns what carries a call from the door to its outcome.
 */
export function assemble(parts: LayerParts, known: Known, classify: Classifier, host: Host): Send<Call> {
  const tracing = known.telemetry === undefined ? undefined : new ServiceTracing(known.telemetry, host, leftOut(known), hasGuests(parts))
  const perAttempt: Layer<Attempt>[] = [
    // Observation (counters, meters, the verdict) is the router's, around all of these: below the timeout, timeouts would go uncounted.
    // The span of an attempt covers all of these; the policies run in its context.
    ...(tracing === undefined ? [] : [tracing.attempt]),
    ...byRoute(
      parts.routes.filter(({ own }) => 'attemptTimeout' in own || 'fault' in own),
      routeOfAttempt,
      (route) => innerLayers({ ...parts, ...route?.own }),
    ),
    // The user's attempt policies stand next to the wire: they see what is sent, and one that waits is cut off by the timeout.
    ...parts.attemptPolicies,
    // Those of a route come after those of the service, as with calls.
    ...byRoute(
      parts.routes.filter(({ attemptPolicies }) => attemptPolicies.length > 0),
      routeOfAttempt,
      (route) => route?.attemptPolicies ?? [],
    ),
  ]
  const split = splitOf(parts)
  const router = new Router({
    host: { ...host, random: numberedStream(host.random, 'routing') },
    ...known,
    // Who divides calls among versions compares what becomes of them.
    split,
    watchers: split === undefined ? known.watchers : [...known.watchers, split],
    balancer: parts.balancer,
    classify,
    send: compose(perAttempt, tracing === undefined ? parts.transport.send : tracing.wire(parts.transport.send)),
    judged: hearBoth(tracing?.judged, known.metrics?.attempts.judged),
    routing: parts.routing,
    permits: parts.endpointPermits,
  })
  const perCall: Layer<Call>[] = [
    // The route of a call is found first of all, once, so that whatever follows may be the route's: the deadline, labels and headers. It is counted
    // with all that it waits for. What is not the route's is behind it once for all calls, and so are the user's policies, with what they know.
    ...(parts.routes.length === 0 ? [] : [routeCalls(parts.routes)]),
    // A line of the access log tells what the caller got, in the time that the caller waited: outside of everything.
    ...accessLog(known.telemetry, host),
    // What a call inherits from an inbound request stands before the deadline, which it may bring forward.
    parts.inherit,
    // The trace stands outside of whatever makes a call wait, and inside of what it inherits: that may be a trace.
    ...(tracing === undefined ? [] : [tracing.call]),
    // The deadline is outermost, so that every kind of waiting ends by it: a user's policy, discovery, back-off, a connection.
    parts.deadline,
    // The user's call policies see a call once, however often it is tried, and cannot hold it beyond its deadline.
    ...parts.callPolicies,
    ...byRoute(
      parts.routes.filter(({ own, callPolicies }) => Object.keys(own).length > 0 || callPolicies.length > 0),
      routeOfCall,
      (route) => [...(route?.callPolicies ?? []), ...limitLayers({ ...parts, ...route?.own }, route?.own.circuit ?? known.circuit)],
    ),
  ]
  return compose(perCall, router.send)
}

/** Layers that each route may have of its own, and that stand outside the user's attempt policies. */
function innerLayers(parts: Pick<LayerParts, 'attemptTimeout' | 'sendOn' | 'fault'>): Layer<Attempt>[] {
  return [
    // The attempt timeout stands outside the user's policies: an attempt is what the endpoint and they take together.
    parts.attemptTimeout,
    // What is told to the server stands inside the timeout, which it tells, and outside the user's policies, which may change it.
    parts.sendOn,
    // Faults stand inside the timeout and the observation, which take them for real, and outside of what sees what is sent.
    ...(parts.fault?.allowed ? [parts.fault.layer] : []),
  ]
}

/** Layers that each route may have of its own, from the rate limit to routing. */
function limitLayers(parts: LayerParts, circuit: ServiceCircuit): Layer<Call>[] {
  return [
    // A call is limited once, not each attempt: retries have a budget of their own. What a user's policy answers itself costs no permit.
    ...(parts.rateLimit === undefined ? [] : [parts.rateLimit.layer]),
    // What the service would refuse is refused before it waits, or takes a permit.
    ...(parts.admission === undefined ? [] : [parts.admission.layer]),
    // A call holds one permit with all its retries; those who wait are counted by the limits outside of it, and have not yet asked the circuit.
    ...(parts.concurrencyGate === undefined ? [] : [parts.concurrencyGate.layer]),
    // The circuit of the service refuses before a retry can be spent on a service that is known to be down.
    serviceBreaker(circuit),
    // A call is copied once, however often it is tried; one that was refused is not copied.
    ...(parts.mirror === undefined ? [] : [parts.mirror.layer]),
    // Retry re-enters routing, so that each attempt chooses its endpoint afresh, and avoids those that the call has tried.
    parts.retry,
    // Hedging stands inside retry: attempts side by side are one try to it, with one outcome.
    parts.hedge,
    // What was never sent goes on within its own try, at once; outside of it are those who wait.
    parts.requeue,
  ]
}

/** Who divides calls: the split of the service, or that of their route where routes have their own. */
function splitOf({ split, routes }: LayerParts): Split | SplitByRoute | undefined {
  const own = new Map(routes.filter((route) => 'split' in route.own).map((route) => [route, route.own.split]))
  return own.size === 0 ? split : new SplitByRoute(split, own)
}

/** Whether policies of the program's own run within an attempt. */
function hasGuests({ attemptPolicies, routes }: LayerParts): boolean {
  return attemptPolicies.length > 0 || routes.some((route) => route.attemptPolicies.length > 0)
}

/** Counts the endpoints that are left out, anew whenever that may have changed. */
function leftOut({ directory, health }: Known): () => number {
  let count = 0
  let boardVersion = -1
  let directoryVersion = -1
  return () => {
    if (health.version === boardVersion && directory.version === directoryVersion) return count
    boardVersion = health.version
    directoryVersion = directory.version
    count = directory.endpoints.reduce((sum, endpoint) => (health.stateOf(endpoint) === 'unhealthy' ? sum + 1 : sum), 0)
    return count
  }
}
