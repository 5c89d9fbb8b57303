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

  reported(endpoint: Endpoint): void {
    this.heard.push(endpoint)
  }

  left(): void {
    this.hasLeft = true
  }
}

test('the last eight are told, and those before them know that they are not', () => {
  const pickers = new RecentPickers<Listener>()
  const listeners = Array.from({ length: 11 }, () => new Listener())
  for (const listener of listeners) pickers.add(listener)
  const endpoint = testEndpoint('http://10.0.0.1:80')
  pickers.reported(endpoint)
  assert.deepEqual(
    listeners.map(({ heard, hasLeft }) => [heard.length, hasLeft]),
    [...Array.from({ length: 3 }, () => [0, true]), ...Array.from({ length: 8 }, () => [1, false])],
  )
  assert.equal(listeners[10]?.heard[0], endpoint)
  assert.equal(pickers.size, 8)
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
  pickers.reported(testEndpoint('http://10.0.0.1:80'))
  assert.equal(pickers.size, 1)
  assert.equal(kept.heard.length, 1)
})
