import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, fixed, mesh } from '../../../src/index.ts'

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
