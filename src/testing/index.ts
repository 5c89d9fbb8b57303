/**
 * What tests of programs and parts need: time that a test moves, chance that repeats, a transport without a wire, and the laws that every
 * balancer, meter and resolver keeps.
 *
 * @module
 */

// Time and chance.
export { seededRandom } from '../runtime/seeded-random.ts'
export { type FakeClock, type FakeClockOptions, fakeClock, fakeClockDefaults } from './fake-clock.ts'

// A transport without a wire.
export {
  type AnswerFunction,
  byEndpoint,
  inTurn,
  type ScriptedAnswer,
  type ScriptedFailure,
  type ScriptedHead,
  type ScriptedReply,
} from './scripted-answer.ts'
export type { ScriptedAttempt } from './scripted-attempt.ts'
export {
  type ScriptedTransport,
  type ScriptedTransportControls,
  type ScriptedTransportOptions,
  scriptedTransport,
  scriptedTransportDefaults,
} from './scripted-transport.ts'

// Pieces for unit tests.
export { type TestAttemptParts, type TestCallParts, testAttempt, testCall, testQuery, testSpentAttempt } from './test-call.ts'
export { type TestEndpoint, testEndpoint, testEndpoints } from './test-endpoint.ts'
export { type TestEvent, type TestHost, type TestHostOptions, testHost } from './test-host.ts'
export { replyText, testReply } from './test-reply.ts'

// Laws.
export { type BalancerSuiteOptions, balancerSuite } from './balancer-suite.ts'
export { type LoadMeterSuiteOptions, loadMeterSuite } from './load-meter-suite.ts'
export { type ResolverFixture, type ResolverSuiteOptions, resolverSuite } from './resolver-suite.ts'

// A simulation of the whole mesh in virtual time.
export { type Arrivals, evenly, poisson, type Rate, trace } from './simulation/arrivals.ts'
export { constant, type Distribution, exponential, lognormal } from './simulation/distribution.ts'
export type { LatencySummary } from './simulation/latency-summary.ts'
export { type FailureModel, type ServerModel, servers } from './simulation/server-model.ts'
export { simulate } from './simulation/simulate.ts'
export type { SimulatedServer } from './simulation/simulated-server.ts'
export type { SimulatedWorld } from './simulation/simulated-world.ts'
export {
  type SimulatedChange,
  type SimulatedClient,
  type SimulatedMesh,
  type SimulatedRequest,
  type SimulationOptions,
  simulationDefaults,
} from './simulation/simulation-options.ts'
export type { IntervalResult, ServerResult, SimulationResult } from './simulation/simulation-result.ts'
export { type SimulationPicture, simulationSvg } from './simulation/simulation-svg.ts'
export { type SimulationView, simulationTable } from './simulation/simulation-table.ts'
