import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ScriptedAnswer } from '../../../src/testing/scripted-answer.ts'
import { resultOf, type TestStackOptions, testStack } from './test-stack.ts'

/** What the budget allows beyond its share of the calls, over a window of ten seconds. */
const floor = 10

async function attemptsFor(calls: number, answer: ScriptedAnswer, options: TestStackOptions, deadlineMs?: number): Promise<number> {
  const stack = testStack(answer, { endpoints: 6, ...options })
  const began = stack.clock.now()
  for (let i = 0; i < calls; i += 1) {
    stack.begin(deadlineMs === undefined ? {} : { deadlineMs })
    if (i % 100 === 99) await stack.clock.advance(250)
  }
  await stack.clock.advance(5_000)
  await stack.clock.settle()
  stack.assertIdle()
  const seconds = (stack.clock.now() - began) / 1_000
  const bound = 1.2 * calls + floor + seconds
  assert.ok(stack.transport.begun <= bound, `${stack.transport.begun} attempts for ${calls} calls, at most ${bound}`)
  return stack.transport.begun
}

const failures: readonly (readonly [string, ScriptedAnswer, number | undefined])[] = [
  ['refuses connections', { error: 'CONNECT_FAILED', latencyMs: 1 }, undefined],
  ['answers 503', { status: 503, latencyMs: 2 }, undefined],
  ['resets', { error: 'CONNECTION_LOST', latencyMs: 2 }, undefined],
  ['hangs', 'hang', 1_000],
  ['is out of connections', { error: 'QUEUE_FULL' }, undefined],
]

for (const [what, answer, deadlineMs] of failures) {
  for (const hedged of [false, true]) {
    test(`a service that ${what} sees at most 1.2 attempts a call and the floor${hedged ? ', with hedging' : ''}`, async () => {
      const hedge = hedged ? { hedge: { after: 20, attempts: 3 } } : {}
      const made = await attemptsFor(2_000, answer, { retry: { attempts: 5, attemptTimeout: 100 }, ...hedge }, deadlineMs)
      assert.ok(made >= 2_000)
    })
  }
}

test('a service that dies while it was healthy costs no more than the credit on top, once', async () => {
  let dead = false
  const stack = testStack(() => (dead ? { error: 'CONNECT_FAILED', latencyMs: 1 } : { status: 200, latencyMs: 1 }), { endpoints: 6 })
  const traffic = async (calls: number) => {
    for (let i = 0; i < calls; i += 1) {
      stack.begin()
      if (i % 10 === 9) await stack.clock.advance(100)
    }
    await stack.clock.advance(2_000)
  }
  await traffic(1_000)
  dead = true
  const before = stack.transport.begun
  await traffic(3_000)
  const extra = stack.transport.begun - before - 3_000
  // What was earned in the window before is there, too.
  const bound = 0.2 * 3_000 + floor + 32 + 100 + 0.2 * 1_000
  assert.ok(extra <= bound, `${extra} extra attempts, at most ${bound}`)
})

test('while a third of the endpoints is dead every call is served, without the budget', async () => {
  for (const callers of [1, 64, 200]) {
    const dead = new Set(['10.0.0.1', '10.0.0.4', '10.0.0.7'])
    let turn = 0
    const stack = testStack(
      ({ endpoint }) => (dead.has(endpoint.hostname) ? { error: 'CONNECT_FAILED', latencyMs: 1 } : { status: 200, latencyMs: 5 }),
      {
        endpoints: 9,
        balancer: {
          name: 'in-turn',
          picker: (endpoints) => ({
            pick: ({ isSpent }) => {
              for (let i = 0; i < endpoints.length; i += 1) {
                turn += 1
                const endpoint = endpoints[(turn * 7) % endpoints.length]
                if (endpoint !== undefined && !isSpent(endpoint)) return endpoint
              }
              return endpoints[0]
            },
          }),
        },
      },
    )
    const results: (number | string)[] = []
    const caller = async () => {
      for (let i = 0; i < 12_000 / callers; i += 1) results.push(resultOf(await stack.begin({ method: 'POST', body: '{}' }).outcome))
    }
    await stack.clock.until(Promise.all(Array.from({ length: callers }, caller)))
    const lost = results.filter((result) => result !== 200)
    assert.ok(lost.length <= results.length / 10_000, `${callers} callers: ${lost.length} of ${results.length} calls were lost`)
    assert.ok(stack.extra.counts.requeues > results.length / 4)
    stack.assertIdle()
  }
})

test('ten thousand callers of a service that hangs time out exactly at their deadlines', async () => {
  const stack = testStack('hang', { endpoints: 3, retry: { attemptTimeout: 100 } })
  const late: number[] = []
  const began = stack.clock.now()
  for (let i = 0; i < 10_000; i += 1) {
    const deadlineMs = 200 + (i % 500)
    void stack.begin({ deadlineMs }).outcome.then((outcome) => {
      assert.equal(outcome.ok, false)
      late.push(stack.clock.now() - began - deadlineMs)
    })
  }
  await stack.clock.advance(1_000)
  assert.equal(late.length, 10_000)
  // Those that made all their attempts end with the timeout of the last that has one, which is before the deadline.
  assert.ok(late.every((ms) => ms <= 1e-6))
  stack.assertIdle()
})
