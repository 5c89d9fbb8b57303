import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, mesh } from '../../../src/index.ts'
import { fakeClock, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'

for (const [key, attempts] of [
  ['8e03978e', 3],
  ['', 1],
  ['  ', 1],
] as const) {
  for (const door of ['fetch', 'request'] as const) {
    test(`a POST with the idempotency-key ${JSON.stringify(key)} is sent ${attempts === 1 ? 'once' : 'again'} through ${door}`, async () => {
      const clock = fakeClock()
      const transport = scriptedTransport({ status: 503 })
      const net = mesh({ clock, random: seededRandom(1), transport })
        .service('orders', (s) => s.resolve(fixed(['http://10.0.0.1:8080', 'http://10.0.0.2:8080'])))
        .build()
      const init = { method: 'POST', body: 'x', headers: { 'Idempotency-Key': key } }
      if (door === 'fetch') assert.equal((await clock.until(net.fetch('http://orders/', init))).status, 503)
      else assert.equal((await clock.until(net.request('http://orders/', init))).statusCode, 503)
      assert.equal(transport.begun, attempts)
      await net.close()
    })
  }
}
