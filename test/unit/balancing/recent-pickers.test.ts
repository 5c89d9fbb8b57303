import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { RecentPickers, type Told } from '../../../src/balancing/recent-pickers.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { testEndpoint } from '../../../src/testing/test-endpoint.ts'

class Listener implements Told {
  readonly heard: Endpoint[] = []
  hasLeft = false
  usedAt = 0

  isInUse(now: number): boolean {
    return now - this.usedAt <= 1_000
  }

  reported(endpoint: Endpoint): void {
    this.heard.push(endpoint)
  }

  left(): void {
    this.hasLeft = true
  }
}

test('all that are in use are told, however many, and the others know that they are not', () => {
  const pickers = new RecentPickers<Listener>()
  const listeners = Array.from({ length: 100 }, () => new Listener())
  for (const [i, listener] of listeners.entries()) {
    listener.usedAt = i
    pickers.add(listener)
  }
  const endpoint = testEndpoint('http://10.0.0.1:80')
  pickers.reported(endpoint, 1_020)
  assert.deepEqual(
    listeners.map(({ heard, hasLeft }) => [heard.length, hasLeft]),
    listeners.map((_, i) => (i < 20 ? [0, true] : [1, false])),
  )
  assert.equal(listeners[99]?.heard[0], endpoint)
  assert.equal(pickers.size, 80)
  pickers.add(listeners[0] as Listener)
  ;(listeners[0] as Listener).usedAt = 1_030
  pickers.reported(endpoint, 1_030)
  assert.equal(listeners[0]?.heard.length, 1)
})

test('one that nobody else knows any more is forgotten', async () => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const pickers = new RecentPickers<Listener>()
  const kept = new Listener()
  ;(() => {
    pickers.add(new Listener())
    pickers.add(kept)
  })()
  // What was looked at is kept until the end of a turn.
  await new Promise((resolve) => setImmediate(resolve))
  gc()
  pickers.reported(testEndpoint('http://10.0.0.1:80'), 0)
  assert.equal(pickers.size, 1)
  assert.equal(kept.heard.length, 1)
})

test('those that are forgotten are no burden where no endpoint ever reports', async () => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const pickers = new RecentPickers<Listener>()
  for (let round = 0; round < 20; round += 1) {
    for (let i = 0; i < 50; i += 1) pickers.add(new Listener())
    await new Promise((resolve) => setImmediate(resolve))
    gc()
  }
  assert.ok(pickers.size < 250, `${pickers.size} of 1,000`)
})
