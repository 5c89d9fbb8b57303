import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inWorker } from './in-worker.ts'
import { type meanTime as measure, serverCount } from './queue-times.ts'

const meanTime: typeof measure = (...args) => inWorker(import.meta.resolve('./queue-times.ts'), 'meanTime', ...args)

/** Mitzenmacher, "The power of two choices in randomized load balancing": the limit for many servers. */
function supermarket(load: number, d: number): number {
  let sum = 0
  for (let i = 1; i < 40; i += 1) sum += load ** ((d ** i - d) / (d - 1))
  return sum
}

/** Each of n servers in turn: arrivals at one of them are n steps of a Poisson process apart (Erlang), and the queue is G/M/1. */
function inTurn(load: number, n: number): number {
  let sigma = load
  for (let i = 0; i < 1_000; i += 1) sigma = ((n * load) / (n * load + 1 - sigma)) ** n
  return 1 / (1 - sigma)
}

function isNear(found: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(found / expected - 1) <= tolerance, `${found} instead of ${expected}`)
}

for (const [load, calls] of [
  [0.5, 30_000],
  [0.8, 100_000],
] as const) {
  test(`at random, each endpoint is a queue of its own (M/M/1) at load ${load}`, async (t) => {
    const [found, expected] = [await meanTime('random', load, calls, [1, 2]), 1 / (1 - load)]
    t.diagnostic(`${found.toFixed(3)}, in theory ${expected.toFixed(3)}`)
    isNear(found, expected, 0.05)
  })
}

for (const [load, calls, seeds] of [
  [0.5, 50_000, [1, 2]],
  [0.9, 200_000, [1, 2]],
  [0.95, 300_000, [1, 2]],
] as const) {
  test(`two choices take the time of the supermarket model at load ${load}`, async (t) => {
    const [found, expected] = [await meanTime('twoChoices', load, calls, seeds), supermarket(load, 2)]
    t.diagnostic(`${found.toFixed(3)}, published ${expected.toFixed(3)}`)
    isNear(found, expected, 0.05)
  })
}

test('five choices take the time of the supermarket model at load 0.9', async (t) => {
  const [found, expected] = [await meanTime('fiveChoices', 0.9, 100_000, [1, 2]), supermarket(0.9, 5)]
  t.diagnostic(`${found.toFixed(3)}, published ${expected.toFixed(3)}`)
  isNear(found, expected, 0.05)
})

test('in turn, calls wait half as long as at random at load 0.9, and twice as long as with two choices', async (t) => {
  const [found, expected] = [await meanTime('roundRobin', 0.9, 250_000, [1, 2]), inTurn(0.9, serverCount)]
  t.diagnostic(
    `${found.toFixed(3)}, in theory ${expected.toFixed(3)}; at random ${(1 / (1 - 0.9)).toFixed(3)}, two choices ${supermarket(0.9, 2).toFixed(3)}`,
  )
  isNear(found, expected, 0.06)
})
