import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import { failed, type Outcome } from '../../../src/call/outcome.ts'
import { afterwards, asPromise, lastly, type Stage } from '../../../src/call/settling.ts'
import { MeshError } from '../../../src/errors/mesh-error.ts'

const facts = { service: 'orders', sent: false }
const first = failed(new MeshError('CONNECT_FAILED', 'first', facts))
const second = failed(new MeshError('CONNECT_FAILED', 'second', facts))
const boom = new Error('boom')

/** A stage that notes its name, and answers with what it got or with something else. */
function noting(log: string[], name: string, answer?: (outcome: Outcome) => Outcome | Promise<Outcome>): Stage {
  return {
    settled: (outcome) => {
      log.push(name)
      return answer === undefined ? outcome : answer(outcome)
    },
  }
}

/** The same for one that takes errors, too. */
function catching(log: string[], name: string, answer: Outcome | Promise<Outcome>): Stage {
  return {
    ...noting(log, name),
    threw: (error) => {
      log.push(`${name} caught ${(error as Error).message}`)
      return answer
    },
  }
}

/** Puts stages around something, innermost first. */
function around(sending: Promise<Outcome>, stages: readonly Stage[]): Promise<Outcome> {
  return stages.reduce(afterwards, sending)
}

test('stages run innermost first, and within one turn', async () => {
  const log: string[] = []
  const stages = ['a', 'b', 'c', 'd', 'e'].map((name) => noting(log, name))
  stages.unshift(
    noting(log, 'innermost', (outcome) => {
      queueMicrotask(() => log.push('next turn'))
      return outcome
    }),
  )
  stages.pop()
  const settling = around(Promise.resolve(first), stages)
  assert.equal(await settling, first)
  assert.deepEqual(log, ['innermost', 'a', 'b', 'c', 'd', 'next turn'])
})

test('each stage gets what the one inside of it made, however many there are', async () => {
  for (let count = 1; count <= 12; count += 1) {
    const log: string[] = []
    const stages = Array.from({ length: count }, (_, i) =>
      noting(log, String(i), (outcome) => {
        assert.equal(outcome, i === 0 ? first : second)
        return second
      }),
    )
    assert.equal(await around(Promise.resolve(first), stages), second)
    assert.deepEqual(log, [...Array(count).keys()].map(String))
  }
})

test('a stage that takes its time is waited for by those outside of it, wherever it stands', async () => {
  for (let at = 0; at < 7; at += 1) {
    const log: string[] = []
    const stages = Array.from({ length: 7 }, (_, i) => noting(log, String(i), i === at ? async () => second : undefined))
    assert.equal(await around(Promise.resolve(first), stages), second)
    assert.deepEqual(log, ['0', '1', '2', '3', '4', '5', '6'])
  }
})

test('what a stage throws goes to the next one outside of it that takes errors, and its answer to those after that', async () => {
  for (let at = 0; at < 6; at += 1) {
    for (const answer of [second, Promise.resolve(second)]) {
      const log: string[] = []
      const stages: Stage[] = Array.from({ length: 8 }, (_, i) => noting(log, String(i)))
      stages[at] = noting(log, 'throws', () => {
        throw boom
      })
      stages[at + 1] = catching(log, 'catches', answer)
      assert.equal(await around(Promise.resolve(first), stages), second)
      assert.deepEqual(log.slice(at, at + 2), ['throws', 'catches caught boom'])
      assert.equal(log.length, 8)
    }
  }
})

test('a stage that takes errors does not take its own', async () => {
  const log: string[] = []
  const own: Stage = {
    settled: () => {
      throw boom
    },
    threw: () => second,
  }
  await assert.rejects(around(Promise.resolve(first), [own, noting(log, 'outside')]), boom)
  assert.deepEqual(log, [])
})

test('a rejection goes to the first stage that takes errors', async () => {
  const log: string[] = []
  const stages = [noting(log, 'passed over'), catching(log, 'catches', second), noting(log, 'outside')]
  assert.equal(await around(Promise.reject(boom), stages), second)
  assert.deepEqual(log, ['catches caught boom', 'outside'])
  await assert.rejects(around(Promise.reject(boom), [noting(log, 'nobody')]), boom)
})

test('whoever takes it as a promise gets what was made until then', async () => {
  const inner = afterwards(Promise.resolve(first), noting([], 'inner'))
  const heard = inner.then((outcome) => outcome)
  const outer = afterwards(
    inner,
    noting([], 'outer', () => second),
  )
  assert.equal(await heard, first)
  assert.equal(await outer, second)
  assert.equal(await inner, first)
  // Long over by now.
  assert.equal(
    await afterwards(
      inner,
      noting([], 'late', () => second),
    ),
    second,
  )
})

test('it has the methods of a promise', async () => {
  const log: string[] = []
  const good = afterwards(Promise.resolve(first), noting(log, 'inner'))
  assert.equal(await good.finally(() => log.push('finally')), first)
  assert.equal(await afterwards(Promise.reject(boom), noting(log, 'inner')).catch(() => second), second)
  assert.equal(Object.prototype.toString.call(good), '[object Promise]')
  assert.deepEqual(log, ['inner', 'finally'])
})

test('what the last one answers is a promise of the platform, whatever it stands around', async () => {
  const count = { settled: (outcome: Outcome) => (outcome === first ? 1 : 2) }
  for (const sending of [
    Promise.resolve(first),
    afterwards(
      Promise.resolve(second),
      noting([], 'x', () => first),
    ),
  ]) {
    const answer = lastly(sending, count)
    assert.ok(answer instanceof Promise)
    assert.equal(await answer, 1)
  }
  const taken = { settled: () => 1, threw: () => 3 }
  assert.equal(await lastly(Promise.reject(boom), taken), 3)
  assert.equal(await lastly(afterwards(Promise.reject(boom), noting([], 'x')), taken), 3)
  await assert.rejects(lastly(afterwards(Promise.reject(boom), noting([], 'x')), count), boom)
})

test('stages run where the innermost of them was added, unless a promise stands in between', async () => {
  const storage = new AsyncLocalStorage<string>()
  const seen: (string | undefined)[] = []
  const looking = (): Stage => ({
    settled: (outcome) => {
      seen.push(storage.getStore())
      return outcome
    },
  })
  const inner = storage.run('inside', () => afterwards(Promise.resolve(first), looking()))
  await storage.run('outside', () => afterwards(inner, looking()))
  const kept = storage.run('inside', () => asPromise(afterwards(Promise.resolve(first), looking())))
  await storage.run('outside', () => afterwards(kept, looking()))
  assert.deepEqual(seen, ['inside', 'inside', 'inside', 'outside'])
})
