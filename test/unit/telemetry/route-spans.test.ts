import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, mesh } from '../../../src/index.ts'
import { fakeClock, scriptedTransport } from '../../../src/testing/index.ts'
import { sdkLines } from '../../fixtures/otel-lines.ts'

for (const line of sdkLines) {
  test(`${line.name}: spans of a route have its name, its template and both paths`, async (t) => {
    const tracing = line.start(t)
    const net = mesh({ clock: fakeClock(), transport: scriptedTransport({ body: 'ok' }) })
      .service('orders', (s) =>
        s
          .resolve(fixed(['http://10.0.0.1:8080']))
          .route({ name: 'one', match: { path: { pattern: '/v1/orders/:id' } }, rewrite: { path: '/orders/:id' } })
          .route({ name: 'beta', match: { headers: { 'x-beta': true } } }),
      )
      .build()
    await tracing.inSpan('checkout', async () => {
      await (await net.fetch('http://orders/v1/orders/42?token=secret')).text()
      await (await net.fetch('http://orders/health', { headers: { 'x-beta': '1' } })).text()
      await (await net.fetch('http://orders/health')).text()
    })
    const told = tracing.spans
      .slice(0, 3)
      .map(({ name, attributes }) => [
        name,
        attributes['proxyless.route'],
        attributes['url.template'],
        attributes['url.full'],
        attributes['proxyless.path_before_rewrite'],
      ])
    assert.deepEqual(told, [
      ['GET /v1/orders/{id}', 'one', '/v1/orders/{id}', 'http://orders/orders/42?token=REDACTED', '/v1/orders/42?token=REDACTED'],
      ['GET', 'beta', undefined, 'http://orders/health', undefined],
      ['GET', undefined, undefined, 'http://orders/health', undefined],
    ])
    await net.close()
  })
}
