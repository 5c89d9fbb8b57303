import assert from 'node:assert/strict'
import { failed, replied } from '../../../src/call/outcome.ts'
import { type Verdict, verdicts } from '../../../src/call/verdict.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { MeshError, type MeshErrorCode } from '../../../src/errors/mesh-error.ts'
import type { EjectionOptions } from '../../../src/health/ejection-options.ts'
import { makeEjection } from '../../../src/health/ejection-parts.ts'
import { Ejector } from '../../../src/health/ejector.ts'
import { HealthBoard } from '../../../src/health/health-board.ts'
import { ProbeDesk } from '../../../src/health/probe-desk.ts'
import { type TestEndpoint, testCall, testEndpoints, testHost, testReply } from '../../../src/testing/index.ts'

/** Options without chance, so that times are exact; only the consecutive rules. */
export const plainly: EjectionOptions = { successRate: false, failureShare: false, backoff: { jitter: 0 } }

/** An ejector over some endpoints, and what happens to it. */
export function openEjector(count: number, options: EjectionOptions = plainly) {
  const host = testHost()
  const board = new HealthBoard()
  const probes = new ProbeDesk(board, host.clock)
  const endpoints: readonly TestEndpoint[] = testEndpoints(count)
  let there = endpoints
  const ejector = new Ejector({ host, board, probes, count: () => there.length })
  const use = (given: EjectionOptions | false) =>
    ejector.use(given === false ? undefined : makeEjection(given, testHost({ clock: host.clock })))
  ejector.use(makeEjection(options, host))
  const at = (index: number): TestEndpoint => endpoints[index] as TestEndpoint
  const answer = (endpoint: Endpoint, status: number, verdict: Verdict, latencyMs = 10) => {
    ejector.answered(endpoint, verdict, latencyMs, replied(testReply({ status })))
    ejector.bodyOver(endpoint, verdict, undefined)
  }
  const error = (endpoint: Endpoint, code: MeshErrorCode) =>
    failed(new MeshError(code, 'no', { service: 'test', endpoint: endpoint.address, sent: false }))
  return {
    host,
    board,
    probes,
    endpoints,
    ejector,
    at,
    use,
    clock: host.clock,
    succeed: (endpoint: Endpoint, times = 1, latencyMs = 10) => {
      for (let i = 0; i < times; i += 1) answer(endpoint, 200, verdicts.success, latencyMs)
    },
    fail: (endpoint: Endpoint, times = 1, status = 500) => {
      for (let i = 0; i < times; i += 1) answer(endpoint, status, verdicts.retryNever)
    },
    break: (endpoint: Endpoint, times = 1, code: MeshErrorCode = 'CONNECT_FAILED', verdict: Verdict = verdicts.retryAlways) => {
      for (let i = 0; i < times; i += 1) ejector.answered(endpoint, verdict, 10, error(endpoint, code))
    },
    /** The head comes, the body breaks. */
    breakBody: (endpoint: Endpoint) => {
      ejector.answered(endpoint, verdicts.success, 10, replied(testReply()))
      const outcome = error(endpoint, 'CONNECTION_LOST')
      assert.ok(!outcome.ok)
      ejector.bodyOver(endpoint, verdicts.retryIfIdempotent, outcome.error)
    },
    /** Makes the next call the probe of an endpoint, as routing does. */
    probe: (verdict: Verdict): Endpoint | undefined => {
      const probe = probes.take(testCall(), () => true, true)
      probe?.ended(verdict)
      return probe?.endpoint
    },
    isOut: (endpoint: Endpoint) => board.stateOf(endpoint) === 'unhealthy',
    out: () => endpoints.filter((endpoint) => board.stateOf(endpoint) === 'unhealthy').length,
    /** Some of the endpoints leave. */
    leave: (leaving: readonly Endpoint[]) => {
      there = there.filter((endpoint) => !leaving.includes(endpoint))
      ejector.forget(leaving)
    },
    told: (name: string) =>
      host.events.filter((event) => event.name === name).map(({ event }) => event as unknown as Record<string, unknown>),
  }
}
