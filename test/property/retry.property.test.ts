import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { repeatable } from '../../src/call/call-options.ts'
import { ContextValues } from '../../src/call/context-values.ts'
import type { Outcome } from '../../src/call/outcome.ts'
import { MeshError, type MeshErrorCode } from '../../src/errors/mesh-error.ts'
import { requeues } from '../../src/policies/retry/requeues.ts'
import type { RetryOptions } from '../../src/policies/retry/retry-options.ts'
import type { ScriptedAnswer } from '../../src/testing/scripted-answer.ts'
import { inOrder, testStack } from '../unit/policies/test-stack.ts'

/** What becomes of an attempt, and whether its server may have acted. */
type Fate =
  | { readonly kind: 'answer'; readonly answer: ScriptedAnswer; readonly sent: boolean }
  | { readonly kind: 'throws'; readonly sent: true }

/** One call and all that happens to it. */
interface Story {
  readonly fates: readonly Fate[]
  readonly endpoints: number
  readonly idempotent: boolean
  readonly repeatable: boolean
  readonly deadlineMs: number | undefined
  readonly leavesAfterMs: number | undefined
  readonly retry: RetryOptions
}

const latencyMs = fc.constantFrom(0, 5, 40, 90, 150)
const neverSent: readonly MeshErrorCode[] = ['CONNECT_FAILED', 'CONNECT_TIMEOUT', 'QUEUE_FULL', 'QUEUE_TIMEOUT', 'REFUSED', 'CLOSED']
const maybeSent: readonly MeshErrorCode[] = [
  'CONNECTION_LOST',
  'BAD_REPLY',
  'BODY_FAILED',
  'REPLY_TOO_LARGE',
  'ATTEMPT_TIMEOUT',
  'INTERNAL',
]

const unsent = fc
  .record({ error: fc.constantFrom(...neverSent), latencyMs })
  .map((failure): Fate => ({ kind: 'answer', answer: { ...failure, sent: false }, sent: false }))

const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 5, arbitrary: unsent },
  fc
    .record({ error: fc.constantFrom(...maybeSent, ...neverSent), latencyMs })
    .map((failure): Fate => ({ kind: 'answer', answer: { ...failure, sent: true }, sent: true })),
  fc
    .record({ status: fc.constantFrom(200, 404, 429, 500, 502, 503, 504), latencyMs, body: fc.constantFrom('', 'some text') })
    .map((reply): Fate => ({ kind: 'answer', answer: reply, sent: true })),
  fc
    .record({ status: fc.constantFrom(200, 503), pieceMs: latencyMs, code: fc.constantFrom(...maybeSent) })
    .map(({ status, pieceMs, code }): Fate => {
      const answer: ScriptedAnswer = { status, pieceMs, body: ['half ', 'of it'], cut: { error: code } }
      return { kind: 'answer', answer, sent: true }
    }),
  fc.constant<Fate>({ kind: 'answer', answer: 'hang', sent: true }),
  fc.constant<Fate>({ kind: 'throws', sent: true }),
)

const story: fc.Arbitrary<Story> = fc.record({
  fates: fc.array(fate, { minLength: 1, maxLength: 14 }),
  endpoints: fc.integer({ min: 1, max: 6 }),
  idempotent: fc.boolean(),
  repeatable: fc.oneof({ weight: 6, arbitrary: fc.constant(true) }, fc.constant(false)),
  deadlineMs: fc.option(fc.constantFrom(30, 200, 1_000), { nil: undefined }),
  leavesAfterMs: fc.option(fc.constantFrom(0, 20, 100, 300), { nil: undefined, freq: 4 }),
  retry: fc.record({
    attempts: fc.integer({ min: 1, max: 5 }),
    attemptTimeout: fc.option(fc.constantFrom(50, 100), { nil: undefined }),
    requeues: fc.constantFrom(0, 2, 100),
    backoff: fc.constantFrom({ base: 0 }, { base: 25, max: 250 }),
    budget: fc.constantFrom(false as const, { perSecond: 1 }, { ratio: 0, perSecond: 0 }),
  }),
})

async function play({ fates, endpoints, retry, ...rest }: Story) {
  const fateOf = (number: number): Fate => fates[(number - 1) % fates.length] as Fate
  const meter = { begun: 0, ended: 0 }
  const ear = {
    name: 'ear',
    load: () => 0,
    began: () => {
      meter.begun += 1
      return () => void (meter.ended += 1)
    },
  }
  /** The fates of the attempts that were made, in their order, also of those that never came to the transport. */
  const made: Fate[] = []
  const stack = testStack(
    ({ attempt }) => {
      const { kind, ...rest } = fateOf(attempt.number)
      return kind === 'throws' ? 'hang' : (rest as { answer: ScriptedAnswer }).answer
    },
    {
      endpoints,
      retry,
      balancer: { ...inOrder, meters: [ear] },
      attemptLayers: [
        (next) => (attempt) => {
          made.push(fateOf(attempt.number))
          if (fateOf(attempt.number).kind === 'throws') throw new Error('a policy with a mistake')
          return next(attempt)
        },
      ],
    },
  )
  const context = new ContextValues()
  context.set(repeatable, rest.repeatable)
  const { call, outcome } = stack.begin({
    method: 'PATCH',
    body: '{}',
    idempotent: rest.idempotent,
    context,
    deadlineMs: rest.deadlineMs ?? Infinity,
  })
  let settled: Outcome | undefined
  void outcome.then((value) => {
    settled = value
    // A caller that reads, whatever comes of it.
    if (value.ok) void Promise.resolve(value.reply.body.gather()).catch(() => {})
  })
  const leave = () => call.cancellation.cancel(new MeshError('ABORTED', 'the caller left', { service: 'test', sent: true }))
  if (rest.leavesAfterMs !== undefined) {
    await stack.clock.advance(rest.leavesAfterMs)
    leave()
  }
  await stack.clock.advance(20_000)
  // Without any limit a call may hang for ever: then its caller leaves in the end.
  leave()
  await stack.clock.settle()
  return { stack, call, made, meter, settled }
}

test('a call that is not idempotent and was possibly sent is never sent again', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (given) => {
      const { made } = await play({ ...given, idempotent: false })
      for (const attempt of made.slice(0, -1)) assert.equal(attempt.sent, false)
    }),
    { numRuns: 250 },
  )
})

test('a call makes no more attempts than it may: going on once to each endpoint, and retries', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (given) => {
      const { call, made, stack } = await play(given)
      const wentOn = call.context.get(requeues)
      assert.ok(made.length - wentOn <= (given.retry.attempts ?? 0))
      assert.ok(wentOn <= Math.min(given.endpoints - 1, given.retry.requeues ?? 0))
      if (!given.repeatable) assert.ok(made.length <= 1)
      if (given.retry.budget !== false && given.retry.budget?.perSecond === 0) assert.equal(made.length, made.length === 0 ? 0 : wentOn + 1)
      const repeated = stack.host.events.filter(({ name }) => name === 'attempt-repeated').length
      assert.ok(repeated >= made.length - 1 && repeated <= made.length)
    }),
    { numRuns: 250 },
  )
})

test('an endpoint is tried again only when the call has tried them all', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (given) => {
      const { call } = await play(given)
      const addresses = call.spent.map(({ endpoint }) => endpoint.address)
      const first = addresses.slice(0, given.endpoints)
      assert.equal(new Set(first).size, first.length)
    }),
    { numRuns: 100 },
  )
})

test('whatever happens, what began ends: the call, its attempts, counters, meters, timers and bodies', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (given) => {
      const { call, made, meter, settled, stack } = await play(given)
      assert.ok(settled !== undefined)
      stack.assertIdle()
      assert.deepEqual(call.underway, [])
      assert.equal(call.spent.length, made.length)
      assert.deepEqual(meter, { begun: made.length, ended: made.length })
      const { attempts, succeeded, failed, ignored } = stack.router.counters
      assert.equal(attempts, made.length)
      assert.equal(succeeded + failed + ignored, attempts)
      const sum = (count: (endpoint: (typeof stack.directory.endpoints)[number]) => number) =>
        stack.directory.endpoints.reduce((total, endpoint) => total + count(endpoint), 0)
      assert.equal(
        sum(({ attempts }) => attempts),
        attempts,
      )
      assert.equal(
        sum(({ failures }) => failures),
        failed,
      )
    }),
    { numRuns: 250 },
  )
})

test('a caller with a deadline is settled by it', async () => {
  await fc.assert(
    fc.asyncProperty(story, fc.constantFrom(30, 200), async (given, deadlineMs) => {
      const stack = testStack('hang', { endpoints: given.endpoints, retry: given.retry })
      const { outcome } = stack.begin({ idempotent: given.idempotent, deadlineMs })
      let settled = false
      void outcome.then(() => {
        settled = true
      })
      await stack.clock.advance(deadlineMs)
      assert.equal(settled, true)
      await stack.clock.settle()
      stack.assertIdle()
    }),
    { numRuns: 50 },
  )
})
