// What you learn: test code that calls through a mesh without any server, with undici's MockAgent or with the scripted transport.
import assert from 'node:assert/strict'
import { fixed, type Mesh, mesh } from 'proxyless'
import { scriptedTransport } from 'proxyless/testing'
import { MockAgent } from 'undici'

/** The code under test. */
async function totalOf(net: Pick<Mesh, 'fetch'>, order: number): Promise<number> {
  const response = await net.fetch(`http://orders/v1/orders/${order}`)
  const { items } = (await response.json()) as { items: { price: number }[] }
  return items.reduce((sum, item) => sum + item.price, 0)
}

// 1. MockAgent stands in for the wire to each endpoint; discovery, balancing and retries are the real ones.
const mock = new MockAgent()
mock.disableNetConnect()
mock
  .get('http://10.0.0.7:8080')
  .intercept({ path: '/v1/orders/42' })
  .reply(200, { items: [{ price: 3 }, { price: 4 }] })
await using mocked = mesh({ name: 'mocked' })
  .service('orders', (s) => s.resolve(fixed(['http://10.0.0.7:8080'])).http({ dispatcher: () => mock }))
  .build()
console.log('total:', await totalOf(mocked, 42)) // prints: total: 7
mock.assertNoPendingInterceptors()

// 2. The scripted transport answers as the script says, attempt by attempt: here the first endpoint refuses.
const transport = scriptedTransport((received) =>
  received.attempt.number === 1 ? { error: 'CONNECT_FAILED', sent: false } : { status: 200, body: '{"items":[{"price":5}]}' },
)
await using scripted = mesh({ name: 'scripted', transport })
  .service('orders', (s) => s.resolve(fixed(['http://10.0.0.7:8080', 'http://10.0.0.8:8080'])))
  .build()
console.log('total:', await totalOf(scripted, 43)) // prints: total: 5
assert.equal(scripted.snapshot().services.orders?.calls.retried, 1)
console.log('attempts:', transport.attempts.length) // prints: attempts: 2
