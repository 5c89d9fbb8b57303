import assert from 'node:assert/strict'
import type { Balancer } from '../../../src/balancing/balancer.ts'
import type { Attempt } from '../../../src/call/attempt.ts'
import type { Call } from '../../../src/call/call.ts'
import { compose, type Layer, type Send } from '../../../src/call/layer.ts'
import type { Outcome } from '../../../src/call/outcome.ts'
import type { Classifier } from '../../../src/call/verdict.ts'
import type { MeshError } from '../../../src/errors/mesh-error.ts'
import { HealthBoard } from '../../../src/health/health-board.ts'
import { hedge } from '../../../src/policies/hedge/hedge.ts'
import { type HedgeOptions, hedgeSettings } from '../../../src/policies/hedge/hedge-options.ts'
import { ExtraAttempts } from '../../../src/policies/retry/extra-attempts.ts'
import { requeue } from '../../../src/policies/retry/requeue.ts'
import { retry } from '../../../src/policies/retry/retry.ts'
import { type RetryOptions, retrySettings } from '../../../src/policies/retry/retry-options.ts'
import { attemptTimeout } from '../../../src/policies/timeout/attempt-timeout.ts'
import { deadline } from '../../../src/policies/timeout/deadline.ts'
import { Router } from '../../../src/routing/router.ts'
import type { AnswerFunction, ScriptedAnswer } from '../../../src/testing/scripted-answer.ts'
import { scriptedTransport } from '../../../src/testing/scripted-transport.ts'
import { type TestCallParts, testCall } from '../../../src/testing/test-call.ts'
import { testHost } from '../../../src/testing/test-host.ts'
import { TestDirectory } from '../routing/test-directory.ts'

/** What a {@link testStack} is made of; everything has a default. */
export interface TestStackOptions {
  /** How many endpoints: `http://10.0.0.1:80` and so on. @defaultValue 2 */
  readonly endpoints?: number
  readonly directory?: TestDirectory
  readonly retry?: RetryOptions
  readonly hedge?: HedgeOptions
  readonly classify?: Classifier
  readonly balancer?: Balancer
  /** Users' policies of a call: inside the deadline, around retries. */
  readonly callLayers?: readonly Layer<Call>[]
  /** Users' policies of an attempt: inside the attempt timeout. */
  readonly attemptLayers?: readonly Layer<Attempt>[]
}

/** Prefers what the call has not tried, in order. */
export const inOrder: Balancer = {
  name: 'in-order',
  picker: (endpoints) => ({ pick: ({ isSpent }) => endpoints.find((endpoint) => !isSpent(endpoint)) ?? endpoints[0] }),
}

/** Deadline, retry, routing and attempt timeout in their order, over a scripted transport, on a fake clock. */
export function testStack(script: ScriptedAnswer | AnswerFunction, options: TestStackOptions = {}) {
  const host = testHost(options.classify === undefined ? {} : { classify: options.classify })
  const { clock } = host
  const addresses = Array.from({ length: options.endpoints ?? 2 }, (_, i) => `http://10.0.0.${i + 1}:80`)
  const directory = options.directory ?? new TestDirectory(...addresses)
  const transport = scriptedTransport(script)
  const settings = retrySettings(options.retry)
  const attemptLayers = [attemptTimeout(settings, host), ...(options.attemptLayers ?? [])]
  const router = new Router({
    host,
    directory,
    health: new HealthBoard(),
    balancer: options.balancer ?? inOrder,
    classify: host.classify,
    send: compose(attemptLayers, transport(host).send),
  })
  const extra = new ExtraAttempts(settings.budget)
  const hedging: Layer<Call> =
    options.hedge === undefined
      ? (next) => next
      : hedge(hedgeSettings(options.hedge), host, extra, { attempts: settings.attempts, countsCalls: true })
  const send: Send<Call> = compose(
    [deadline(host), ...(options.callLayers ?? []), retry(settings, host, extra), hedging, requeue(settings, host, extra)],
    router.send,
  )
  /** A call that begins now; `deadlineMs` from now. */
  const begin = ({ deadlineMs, ...parts }: TestCallParts & { deadlineMs?: number } = {}) => {
    const now = clock.now()
    const call = testCall({ startedAt: now, deadline: deadlineMs === undefined ? Number.POSITIVE_INFINITY : now + deadlineMs, ...parts })
    return { call, outcome: send(call) }
  }
  const run = (parts?: TestCallParts & { deadlineMs?: number }) => clock.until(begin(parts).outcome)
  /** Where attempts went, by the last part of the address. */
  const visited = () => transport.attempts.map(({ endpoint }) => Number(endpoint.hostname.split('.')[3]))
  const assertIdle = () => {
    clock.assertIdle()
    transport.assertIdle()
    for (const endpoint of directory.endpoints) assert.equal(endpoint.inFlight, 0)
  }
  return { host, clock, directory, transport, router, extra, send, begin, run, visited, assertIdle }
}

/** The status of a reply, or the code of an error. */
export function resultOf(outcome: Outcome): number | string {
  return outcome.ok ? outcome.reply.status : outcome.error.code
}

/** The error of an outcome that has one. */
export function errorOf(outcome: Outcome): MeshError {
  assert.equal(outcome.ok, false)
  return (outcome as { error: MeshError }).error
}
