import type { PickQuery } from '../balancing/balancer.ts'
import { Attempt, type AttemptChange } from '../call/attempt.ts'
import { Call, type CallParts, type SpentAttempt } from '../call/call.ts'
import { BytesBody, type CallBody, noBody } from '../call/call-body.ts'
import { Cancellation } from '../call/cancellation.ts'
import { ContextValues } from '../call/context-values.ts'
import { noHeaders } from '../call/header-list.ts'
import { verdicts } from '../call/verdict.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { fakeClockDefaults } from './fake-clock.ts'
import { testEndpoint } from './test-endpoint.ts'

const idempotentMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/** What a {@link testCall} may be made of; everything has a default. */
export interface TestCallParts extends Partial<Omit<CallParts, 'body'>> {
  /** @defaultValue none */
  readonly body?: CallBody | string | Uint8Array | undefined
  /** Attempts that are over already. @defaultValue `[]` */
  readonly spent?: readonly SpentAttempt[] | undefined
}

/** What a {@link testAttempt} may be made of; everything has a default. */
export interface TestAttemptParts extends AttemptChange {
  /** @defaultValue `testCall()` */
  readonly call?: Call | undefined
  /** @defaultValue `testEndpoint('http://10.0.0.1:8080')` */
  readonly endpoint?: Endpoint | undefined
  /** @defaultValue `1` */
  readonly number?: number | undefined
}

function toBody(body: CallBody | string | Uint8Array | undefined): CallBody {
  if (body === undefined) return noBody
  if (typeof body === 'string') return new BytesBody(new TextEncoder().encode(body))
  return body instanceof Uint8Array ? new BytesBody(body) : body
}

/**
 * A call, for a test: `GET /` to the service `test`, without a deadline, begun when a new {@link fakeClock} begins.
 *
 * @param parts what differs.
 * @example
 * ```ts
 * import { testCall } from 'proxyless/testing'
 *
 * const call = testCall({ method: 'POST', path: '/v1/orders', body: '{}' })
 * console.log(call.idempotent) // false
 * ```
 */
export function testCall(parts: TestCallParts = {}): Call {
  const { body, spent, ...rest } = parts
  const service = parts.service ?? 'test'
  const method = parts.method ?? 'GET'
  return new Call(
    {
      service,
      method,
      path: '/',
      authority: service,
      headers: noHeaders,
      idempotent: idempotentMethods.has(method),
      startedAt: fakeClockDefaults.now,
      deadline: Number.POSITIVE_INFINITY,
      cancellation: new Cancellation(),
      subset: undefined,
      context: new ContextValues(),
      ...rest,
      body: toBody(body),
    },
    spent ?? [],
  )
}

/**
 * An attempt that is over, for a test: no connection could be made.
 *
 * @param endpoint where it went.
 * @param change what differs.
 */
export function testSpentAttempt(endpoint: Endpoint, change?: Partial<Omit<SpentAttempt, 'endpoint'>>): SpentAttempt {
  const failure = {
    verdict: verdicts.retryAlways,
    result: 'CONNECT_FAILED',
    latencyMs: 1,
    sent: false,
    untriedLeft: true,
    startedAt: fakeClockDefaults.now,
  }
  return { endpoint, ...failure, ...change }
}

/**
 * What a picker is asked with, for a test.
 *
 * @param spent endpoints that the call has tried.
 * @param parts what differs from a {@link testCall}.
 * @example
 * ```ts
 * import { roundRobin } from 'proxyless'
 * import { testEndpoints, testHost, testQuery } from 'proxyless/testing'
 *
 * const endpoints = testEndpoints(3)
 * const picker = roundRobin()(testHost()).picker(endpoints)
 * console.log(picker.pick(testQuery(endpoints.slice(0, 2))) === endpoints[2]) // true
 * ```
 */
export function testQuery(spent: readonly Endpoint[] = [], parts?: Omit<TestCallParts, 'spent'>): PickQuery {
  const tried = new Set(spent)
  const call = testCall({ ...parts, spent: spent.map((endpoint) => testSpentAttempt(endpoint)) })
  return { call, isSpent: (endpoint) => tried.has(endpoint) }
}

/**
 * An attempt, for a test: the first one of a {@link testCall}.
 *
 * @param parts what differs.
 */
export function testAttempt(parts: TestAttemptParts = {}): Attempt {
  const { call, endpoint, number, ...change } = parts
  return new Attempt(call ?? testCall(), endpoint ?? testEndpoint('http://10.0.0.1:8080'), number ?? 1, change)
}
