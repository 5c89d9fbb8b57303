import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, fixed, mesh, type ReportedHealth, roundRobin } from '../../../src/index.ts'
import { fakeClock, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'

test('a health that there is not is refused when the mesh is built, with service, endpoint, field, what was expected and what came', () => {
  const endpoints = [{ url: 'http://10.0.0.1', health: 'ill' as 'unhealthy' }]
  const build = () =>
    mesh()
      .service('orders', (s) => s.resolve(fixed(endpoints)))
      .build()
  assert.throws(build, (error: unknown) => {
    assert.ok(error instanceof ConfigError)
    const message = `services.orders.resolver.endpoints[0].health: expected 'healthy' | 'degraded' | 'draining' | 'unhealthy', got "ill"`
    assert.ok(error.message.includes(message), error.message)
    return true
  })
})

test('calls go to the endpoints that the resolver calls healthy, from one answer to the next', async () => {
  const clock = fakeClock()
  const numbers = [1, 2, 3, 4]
  let say = (_healths: readonly ReportedHealth[]): void => {}
  async function* watch() {
    let healths: readonly ReportedHealth[] = ['healthy', 'draining', 'unhealthy', 'healthy']
    for (;;) {
      yield numbers.map((number, i) => ({ url: `http://10.0.0.${number}:80`, health: healths[i] }))
      healths = await new Promise<readonly ReportedHealth[]>((resolve) => {
        say = resolve
      })
    }
  }
  const transport = scriptedTransport(({ endpoint }) => ({ body: endpoint.address }))
  const net = mesh({ clock, random: seededRandom('health'), transport })
    .service('orders', (s) => s.resolve(watch).balance(roundRobin()))
    .build()
  const callSix = async (): Promise<string[]> => {
    const served = new Set<string>()
    for (let call = 0; call < 6; call += 1) {
      const response = await clock.until(net.fetch('http://orders/'))
      served.add(await clock.until(response.text()))
    }
    return [...served].sort()
  }
  assert.deepEqual(await callSix(), ['http://10.0.0.1:80', 'http://10.0.0.4:80'])
  say(['degraded', 'healthy', 'healthy', 'healthy'])
  await clock.advance(0)
  assert.deepEqual(await callSix(), ['http://10.0.0.2:80', 'http://10.0.0.3:80', 'http://10.0.0.4:80'])
  say(['healthy', 'unhealthy', 'unhealthy', 'unhealthy'])
  await clock.advance(0)
  assert.equal((await callSix()).length, 4, 'too few are left: all are used')
  await clock.until(net.close())
})
