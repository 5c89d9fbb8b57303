import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, mesh } from '../../../src/index.ts'
import { fakeClock, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'

test('the circuit of a service counts a hedged call by the attempt that won, not by the one that was stopped', async () => {
  const clock = fakeClock()
  let attempts = 0
  // Of each two attempts the first takes long.
  const transport = scriptedTransport(() => {
    attempts += 1
    return { status: 200, latencyMs: attempts % 2 === 1 ? 500 : 5, body: 'ok' }
  })
  const net = mesh({ clock, random: seededRandom(1), transport })
    .service('orders', (s) =>
      s
        .resolve(fixed(['http://10.0.0.1:8080', 'http://10.0.0.2:8080']))
        .hedge({ after: '20ms' })
        .retry({ budget: false })
        .circuitBreaker({ service: {} }),
    )
    .build()
  for (let i = 0; i < 10; i += 1) {
    const response = await clock.until(net.fetch('http://orders/'))
    assert.equal(await clock.until(response.text()), 'ok')
  }
  const { circuit, extraAttempts } = net.snapshot().services.orders ?? {}
  assert.equal(extraAttempts?.hedgesWon, 10)
  assert.deepEqual([circuit?.calls, circuit?.failures], [10, 0])
  await net.close()
})
