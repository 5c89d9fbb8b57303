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
