import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MeterEnd } from '../../../src/balancing/load-meter.ts'
import { replied } from '../../../src/call/outcome.ts'
import type { ConcurrencySample } from '../../../src/policies/concurrency/concurrency-limit.ts'
import { WatchedLimit } from '../../../src/policies/concurrency/watched-limit.ts'
import { EndpointPermits } from '../../../src/routing/endpoint-permits.ts'
import { turnShare } from '../../../src/runtime/turn-share.ts'
import { testCall, testEndpoint, testHost, testReply } from '../../../src/testing/index.ts'

function permitsOf(most: number) {
  const host = testHost()
  const settingsOf = (limit: number) => {
    const watched = new WatchedLimit(limit, host)
    return { limitOf: () => watched, queue: 1_000, queueTimeoutMs: Number.POSITIVE_INFINITY, enforce: 1 }
  }
  const permits = new EndpointPermits(settingsOf(most), host)
  return { host, permits, use: (limit: number) => permits.use(settingsOf(limit)) }
}

test('attempts that wait for endpoints with room go in order, so many in a turn of the event loop, and the rest is not forgotten', async () => {
  const { host, permits, use } = permitsOf(1)
  const endpoint = testEndpoint('http://10.0.0.1:8080')
  const idle = testEndpoint('http://10.0.0.2:8080')
  permits.began(endpoint)
  const order: number[] = []
  const wait = (i: number, at = endpoint) =>
    permits
      .wait(testCall(), () => (permits.isFull(at) ? 'full' : at))
      .then((place) => {
        assert.ok('endpoint' in place)
        permits.settle(place)
        permits.began(at)
        order.push(i)
      })
  const all = Array.from({ length: 400 }, (_, i) => wait(i))
  use(1_000)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(order.length, turnShare + 1)
  assert.equal(permits.pausing, true)
  // Nobody tells of room at an endpoint that was idle all the time.
  all.push(wait(400, idle))
  await host.clock.advance(0)
  await Promise.all(all)
  assert.deepEqual(
    order,
    Array.from({ length: 401 }, (_, i) => i),
  )
  assert.equal(permits.pausing, false)
})

test('attempts at one endpoint end in any order, and a limit that learns hears of each what was in flight when it began', () => {
  const host = testHost()
  const heard: [number, number][] = []
  const limit = { name: 'learns', limit: 10, ended: ({ latencyMs, inFlight }: ConcurrencySample) => heard.push([latencyMs, inFlight]) }
  const watched = new WatchedLimit(limit as never, host)
  const permits = new EndpointPermits({ limitOf: () => watched, queue: 0, queueTimeoutMs: Number.POSITIVE_INFINITY, enforce: 1 }, host)
  const endpoint = testEndpoint('http://10.0.0.1:8080')
  const success = { kind: 'success' } as const
  const outcome = replied(testReply())
  const begin = () => permits.began(endpoint)
  const finish = (end: MeterEnd, latencyMs: number) => {
    end.answered?.(success, latencyMs, outcome)
    end(success, latencyMs)
  }
  const [first, second, third] = [begin(), begin(), begin()]
  finish(second, 2)
  const fourth = begin()
  finish(first, 1)
  finish(fourth, 4)
  finish(third, 3)
  assert.deepEqual(heard, [
    [2, 2],
    [1, 1],
    [4, 3],
    [3, 3],
  ])
  assert.equal(permits.roomAt(endpoint)?.inFlight, 0)
})

test('an endpoint that two services share has the room that each of them gives it', () => {
  const [one, other] = [permitsOf(1).permits, permitsOf(2).permits]
  const endpoint = testEndpoint('http://10.0.0.1:8080')
  one.began(endpoint)
  other.began(endpoint)
  assert.deepEqual([one.isFull(endpoint), other.isFull(endpoint), one.isFull(endpoint)], [true, false, true])
})
