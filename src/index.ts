/**
 * The service mesh as a fetch function: discovery, balancing, retries and deadlines inside your Node process.
 *
 * Begin with {@link mesh}.
 *
 * @module
 */

// First of all, because Node's own undici is loaded by the first mention of Response.
import './transport/global-dispatcher-slots.ts'

// ---------------------------------------------------------------------------------------------------------------------------------
// To use the mesh.
// ---------------------------------------------------------------------------------------------------------------------------------

// Describe it.
export { mesh } from './mesh/mesh-builder-impl.ts'
export type { DefaultsSlot, FreeName, MeshBuilder } from './mesh/mesh-builder.ts'
export { type MeshOptions, meshDefaults } from './mesh/mesh-options.ts'
export type { MeshTypeError } from './mesh/mesh-type-error.ts'
export type {
  AliasSlot,
  BalancerSlot,
  DeadlineSlot,
  DraftState,
  EmptyDefaults,
  EmptyDraft,
  MirrorSlot,
  Ready,
  ResolverSlot,
  RouteSlot,
  ServiceDraft,
  SetBalancer,
  SetResolver,
  Slot,
  SlotValues,
  SplitFor,
  SplitOf,
  SplitSlot,
  SubsetFallbackSlot,
  SubsetSlot,
  WithSlot,
  WithSubset,
} from './mesh/service-draft.ts'
export { serviceDefaults } from './mesh/service-defaults.ts'

// Call through it.
export { type CallOptions, callOptionNames, defaultPriority } from './call/call-options.ts'
export type { InformationalListener, InformationalReply } from './call/informational.ts'
export type { InterimReply, MeshRequest, MeshRequestBody, MeshRequestOptions } from './dispatcher/create-request.ts'
export type { DispatcherListener, MeshDispatcher } from './dispatcher/dispatcher.ts'
export type { MeshFetch } from './fetch/create-fetch.ts'
export type { MakeBody, MeshRequestInit } from './fetch/fetch-request.ts'
export { replyTrailers } from './fetch/reply-trailers.ts'
export type { AnyServices, CloseOptions, Mesh, ServiceCallOptions, ServiceClient, ServiceRequestInit, SubsetChoice } from './mesh/mesh.ts'

// Routes.
export type { RouteConcurrencyOptions, RouteOptions, RouteOverrides } from './mesh/route-options.ts'
export type { RouteConcurrencyPlan, RoutePlan } from './mesh/route-plan.ts'
export type { RouteSnapshot } from './mesh/snapshot.ts'
export type { PathMatch } from './routing/path-match.ts'
export type { RouteMatch, RouteMatchPlan, ValueMatch } from './routing/route-match.ts'
export type { RouteRewrite } from './routing/route-rewrite.ts'

// Look into it, change it.
export type { RateLimitPlan } from './mesh/rate-limit-schema.ts'
export type { DirectoryPlan, HttpPlan, MeshPlan, MeshPlanInput, ServicePlan, ServicePlanInput } from './mesh/plan.ts'
export type { HedgePlan, RetryPlan, SendOnPlan } from './mesh/retry-plan.ts'
export type {
  BalancerFaultCounts,
  CallCounts,
  CheckSnapshot,
  ConcurrencySnapshot,
  EjectionCounts,
  EndpointConcurrencySnapshot,
  EndpointSnapshot,
  FaultSnapshot,
  MeshSnapshot,
  MirrorSnapshot,
  PassthroughSnapshot,
  RetryBudgetSnapshot,
  ServiceSnapshot,
  TierSnapshot,
  UtilisationSnapshot,
} from './mesh/snapshot.ts'
export type { HeardEvent, MeshEventListener, MeshEventName, MeshEvents } from './runtime/events.ts'

// Why a call ended as it did, and what would become of one.
export type { ExplainedEndpoint, ExplainedGroup, ExplainedPolicy, ExplainedRoute, ExplainedSplit, Explanation } from './mesh/explanation.ts'
export { meshInfo } from './mesh/mesh-info.ts'
export type {
  AttemptRecord,
  DeadlineRecord,
  DecisionRecord,
  NotRepeated,
  PassedOver,
  PassedOverReason,
  RecordedError,
  ServiceState,
  TimeRecord,
} from './records/decision-record.ts'
export { printExplanation } from './mesh/print-explanation.ts'
export { printRecord } from './records/print-record.ts'
export { type RecordsOptions, recordsDefaults } from './records/records-options.ts'

// Where endpoints come from.
export { type DirectoryOptions, directoryDefaults } from './discovery/directory-options.ts'
export { dns } from './discovery/dns.ts'
export { type DnsOptions, dnsDefaults } from './discovery/dns-options.ts'
export { type FileOptions, file, fileDefaults } from './discovery/file.ts'
export type { FileFormat } from './discovery/file-content.ts'
export { firstOf } from './discovery/first-of.ts'
export { fixed } from './discovery/fixed.ts'
export { merge } from './discovery/merge.ts'
export { type PollContext, type PollFunction, type PollOptions, poll, pollDefaults } from './discovery/poll.ts'
export type { EndpointSpec, ReportedHealth } from './endpoint/endpoint.ts'

// Which endpoint now.
export { type AffinityCookie, type AffinityOptions, affinity, affinityDefaults } from './balancing/affinity.ts'
export { type ApertureOptions, aperture, apertureDefaults } from './balancing/aperture.ts'
export { type BoundedLoadOptions, boundedLoad, boundedLoadDefaults } from './balancing/bounded-load.ts'
export { type LoadReportsOptions, loadReports, loadReportsDefaults } from './balancing/load-reports.ts'
export type { ProbeFunction } from './balancing/load-prober.ts'
export type { ProbeAnswer } from './call/load-report.ts'
export { type PrequalOptions, prequal, prequalByReports, prequalDefaults } from './balancing/prequal.ts'
export { type SlowStartOptions, slowStart, slowStartDefaults } from './balancing/slow-start.ts'
export type { HashOn, HashSource } from './balancing/hash-on.ts'
export { inFlight } from './balancing/in-flight.ts'
export { type LeastRequestOptions, leastRequest, leastRequestDefaults } from './balancing/least-request.ts'
export { type MaglevOptions, maglev, maglevDefaults } from './balancing/maglev.ts'
export { type PeakEwmaOptions, peakEwma, peakEwmaDefaults } from './balancing/peak-ewma.ts'
export { powerOfTwo } from './balancing/power-of-two.ts'
export { primaryBackup } from './balancing/primary-backup.ts'
export { type RandomSubsetOptions, randomSubset } from './balancing/random-subset.ts'
export { random } from './balancing/random.ts'
export { type RendezvousOptions, rendezvous, rendezvousDefaults } from './balancing/rendezvous.ts'
export { type RingHashOptions, ringHash, ringHashDefaults } from './balancing/ring-hash.ts'
export { roundRobin } from './balancing/round-robin.ts'
export { weightedRandom } from './balancing/weighted-random.ts'
export { weightedRoundRobin } from './balancing/weighted-round-robin.ts'

// Who is left alone for a while.
export {
  type CircuitBreakerOptions,
  type CircuitDefaults,
  type CircuitOptions,
  circuitBreakerDefaults,
  serviceCircuitDefaults,
} from './health/circuit-options.ts'
export type { CircuitReason, CircuitSnapshot, CircuitState, ForcedCircuit, ServiceCircuitSnapshot } from './health/circuit-snapshot.ts'
export type { FaultControl, FaultSwitch } from './mesh/fault-control.ts'
export type { CircuitControl } from './mesh/circuit-control.ts'
export type { CircuitBreakerPlan, CircuitPlan } from './mesh/circuit-plan.ts'
// Which endpoints at all: health, place, labels.
export { type FailoverOptions, type FailoverSettings, failoverDefaults } from './routing/failover-options.ts'
export { type LocalityOptions, type LocalitySettings, localityDefaults } from './routing/locality-options.ts'
export type { SubsetFallback } from './routing/subset-fallback.ts'
// Which version: splits and ramps.
export type { SplitControl, SplitSwitch } from './mesh/split-control.ts'
export type { SplitPlan } from './mesh/split-schema.ts'
export type { SplitFinding } from './routing/split-judge.ts'
export {
  type SplitAbortOptions,
  type SplitLatencyOptions,
  type SplitOptions,
  type SplitRampOptions,
  type SplitStep,
  splitAbortDefaults,
  splitLatencyDefaults,
  splitRampDefaults,
  type VersionWeights,
} from './routing/split-options.ts'
export type { SplitAbort, SplitSnapshot, SplitState, VersionSnapshot } from './routing/split-snapshot.ts'

// How endpoints are spoken to, and what happens when one fails.
export { type LeakyBucketOptions, leakyBucket } from './policies/limit/leaky-bucket.ts'
export type { LimitKey } from './policies/limit/limit-key.ts'
export type { OutagePolicy, QuotaLease, QuotaPart, QuotaSource, QuotaTerms } from './policies/limit/quota-source.ts'
export type { QuotaCounts } from './policies/limit/leased-bucket.ts'
export { type LimitAlgorithm, type LimitOverflow, type RateLimitOptions, rateLimitDefaults } from './policies/limit/rate-limit-options.ts'
export type { AdmissionPlan } from './mesh/admission-schema.ts'
export type { ConcurrencyPlan } from './mesh/concurrency-schema.ts'
export type { AdmissionCounts } from './policies/admission/admission.ts'
export type { GateCounts } from './policies/concurrency/concurrency-gate.ts'
export type { RateLimitCounts } from './policies/limit/rate-limit.ts'
export type { RetryClass, RetryOn, RetryPredicate } from './call/retry-on.ts'
export type { FaultCounts } from './policies/fault/fault-injector.ts'
export {
  type AbortError,
  type AbortFault,
  type CutBodyFault,
  type DelayFault,
  type FaultMatch,
  type FaultOptions,
  type FaultTime,
  faultDefaults,
  type ThrottleFault,
} from './policies/fault/fault-options.ts'
export { type HedgeOptions, hedgeDefaults } from './policies/hedge/hedge-options.ts'
export type { MirrorCounts } from './policies/mirror/mirror.ts'
export { type MirrorOptions, type MirrorSubset, mirrorDefaults } from './policies/mirror/mirror-options.ts'
export type { BackoffKind, BackoffOptions } from './policies/retry/backoff-options.ts'
export type { BudgetOptions } from './policies/retry/budget-options.ts'
export { type ExtraCounts, requeueCredit } from './policies/retry/extra-attempts.ts'
export { type RetryOptions, retryDefaults } from './policies/retry/retry-options.ts'
export type { Duration } from './runtime/duration.ts'
export { type DispatcherFactory, type DispatcherLike, type HttpOptions, httpDefaults, type TlsOptions } from './transport/http-options.ts'

// Deadlines that travel.
export type { DeadlineHeader } from './inbound/deadline-header.ts'
export { type InboundMiddleware, type InboundOptions, inbound, inboundDefaults } from './inbound/inbound.ts'
export { type InboundRequest, inboundRequest } from './inbound/inbound-context.ts'
export { type SendOnOptions, sendOnDefaults } from './inbound/send-on-options.ts'

// Traces and metrics.
export type { AttemptDurations, AttemptLabels } from './telemetry/attempt-metrics.ts'
export type { CallDurations, CallLabels } from './telemetry/call-metrics.ts'
export type { HistogramSnapshot } from './telemetry/histogram.ts'
export { type MetricsOptions, metricsDefaults } from './telemetry/metrics-options.ts'
export type { ServiceMetricsSnapshot } from './telemetry/service-metrics.ts'
export { type TelemetryOptions, telemetryDefaults } from './telemetry/telemetry-options.ts'
export type { TraceFormat } from './telemetry/trace-format.ts'

// Logs.
export { type AccessLogEntry, type AccessLogOptions, accessLogDefaults } from './telemetry/access-log-options.ts'
export { eventLevels, otherEventLevel } from './telemetry/event-levels.ts'
export { type EventSource, type LogOptions, logDefaults, logTo } from './telemetry/log-to.ts'
export type { Logger, LogLevel } from './telemetry/logger.ts'

// Plans from files.
export { type MeshFromFileOptions, meshFromFile } from './planfile/mesh-from-file.ts'
export { PlanFileError, type PlanFileProblem } from './planfile/plan-file-error.ts'
export type { MakePart, PlanFileParts } from './planfile/plan-file-parts.ts'
export { type PlanFileOptions, planFileDefaults, readPlanFile } from './planfile/read-plan-file.ts'
export type { PlanFileFormat } from './planfile/read-plan-text.ts'
export { type PlanFileWatch, type WatchPlanFileOptions, watchPlanFile, watchPlanFileDefaults } from './planfile/watch-plan-file.ts'

// What servers say of themselves.
export { type ServerDrainingOptions, serverDrainingDefaults } from './health/server-draining-options.ts'
export { type LoadReporter, type ReportLoadOptions, reportLoad } from './inbound/report-load.ts'
export {
  type EjectionBackoffOptions,
  type EjectionOptions,
  ejectionDefaults,
  type FailureShareOptions,
  type LatencyOutlierOptions,
  latencyOutlierDefaults,
  type SuccessRateOptions,
} from './health/ejection-options.ts'
export { type HealthCheckOptions, healthCheckDefaults, type StatusRange } from './health/health-check-options.ts'

// Concurrency limits and admission.
export { type AdmissionOptions, admissionDefaults } from './policies/admission/admission-options.ts'
export { type AimdOptions, aimdDefaults, aimdLimit } from './policies/concurrency/aimd-limit.ts'
export type { ConcurrencyLimit, ConcurrencyLimitPart, ConcurrencySample } from './policies/concurrency/concurrency-limit.ts'
export {
  type ConcurrencyOptions,
  concurrencyDefaults,
  type EndpointConcurrencyOptions,
} from './policies/concurrency/concurrency-options.ts'
export { type GradientOptions, gradientDefaults, gradientLimit } from './policies/concurrency/gradient-limit.ts'
export { type VegasOptions, vegasDefaults, vegasLimit } from './policies/concurrency/vegas-limit.ts'

// What goes wrong.
export { ConfigError, type ConfigProblem } from './errors/config-error.ts'
export { MeshError, type MeshErrorCode, type MeshErrorFacts } from './errors/mesh-error.ts'

// ---------------------------------------------------------------------------------------------------------------------------------
// To extend it.
// ---------------------------------------------------------------------------------------------------------------------------------

// Every part.
export type { Clock, Timer, TimerOptions } from './runtime/clock.ts'
export type { Emit } from './runtime/events.ts'
export type { Host, Part } from './runtime/host.ts'
export { type DescribedPart, part, samePart } from './runtime/part.ts'
export type { Random } from './runtime/random.ts'
export { systemClock } from './runtime/system-clock.ts'
export { systemRandom } from './runtime/system-random.ts'
export type { Given } from './runtime/with-defaults.ts'

// Resolvers.
export type {
  AbsentService,
  ResolvedEndpoints,
  ResolveFunction,
  Resolution,
  Resolver,
  ResolverPart,
  ResolverYield,
  Watch,
} from './discovery/resolver.ts'
export type { ResolverSource } from './discovery/to-resolver.ts'

// Balancers and meters.
export { HealthBoard, type HealthState, type HealthView } from './health/health-board.ts'
export type { BalanceFunction, Balancer, BalancerPart, Picker, PickQuery } from './balancing/balancer.ts'
export type { LoadMeter, LoadPairs, MeterEnd } from './balancing/load-meter.ts'
export type { Endpoint } from './endpoint/endpoint.ts'
export type { LatencySummary } from './endpoint/recent-latencies.ts'
export type { Locality } from './endpoint/locality.ts'

// Ejection.
export type { EjectionState } from './health/ejection-record.ts'
export type { Ejection, EjectionRule, EjectionRulePart, EndpointInterval } from './health/ejection-rule.ts'

// Policies and classifiers: what they see, and what they answer.
export { Attempt, type AttemptChange } from './call/attempt.ts'
export { Call, type CallParts, type SpentAttempt, type UnderwayAttempt } from './call/call.ts'
export { type BodyContent, BytesBody, type CallBody, noBody, ReopenableBody, StreamBody } from './call/call-body.ts'
export { Cancellation, type CancelListener, type CancelSource } from './call/cancellation.ts'
export { type ContextKey, ContextValues, contextKey } from './call/context-values.ts'
export { defaultClassifier } from './call/default-classifier.ts'
export { pushbackMs } from './call/pushback.ts'
export { judgeRetryOn } from './call/retry-on.ts'
export { type HeaderList, headerOf, noHeaders, type ReplyHeaders, replyHeader, withHeader } from './call/header-list.ts'
export { compose, type Layer, type Send } from './call/layer.ts'
export { failed, type Outcome, replied } from './call/outcome.ts'
export type { Reply } from './call/reply.ts'
export { type Classifier, type Verdict, verdicts } from './call/verdict.ts'
export type { AttemptPolicy, CallPolicy, Policy, PolicyHost } from './policies/policy.ts'

// Transports.
export { type BodyListener, BodyFeed, type BodySource, bodyBufferBytes, type FeedReader } from './call/body-feed.ts'
export { ReplyBody } from './call/reply-body.ts'
export type { Transport, TransportStats } from './transport/transport.ts'
export { undiciTransport } from './transport/undici-transport.ts'
