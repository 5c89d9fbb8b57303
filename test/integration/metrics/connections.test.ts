import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { fixed, mesh } from '../../../src/index.ts'
import { prometheusText } from '../../../src/metrics/index.ts'
import { until } from '../../servers/server-kit.ts'
import { valueIn } from '../../unit/metrics/metered-mesh.ts'

/** A server whose answers wait until the test ends them. */
async function slowServer(t: TestContext) {
  const waiting: ServerResponse[] = []
  const server = createServer((_request, response) => void waiting.push(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close().closeAllConnections())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, waiting, server }
}

test('connections are told while they are open, and how long they were when they close', async (t) => {
  const { url, waiting, server } = await slowServer(t)
  await using net = mesh({ name: 'shop' })
    .service('orders', (s) => s.resolve(fixed([url])).http({ connections: 4 }))
    .build()
  const closed: unknown[] = []
  net.on('connection-closed', ({ service, endpoint, openForMs }) => closed.push([service, endpoint, openForMs >= 0]))
  const calls = [1, 2].map(() => net.fetch('http://orders/').then((response) => response.text()))
  await until('both have arrived', () => waiting.length === 2)
  const during = await prometheusText(net)
  const open = (text: string, state: string) => valueIn(text, 'http_client_open_connections', { http_connection_state: state })
  assert.deepEqual([open(during, 'active'), open(during, 'idle')], [2, 0])
  assert.equal(valueIn(during, 'http_client_active_requests', { proxyless_endpoint: url }), 2)
  assert.equal(valueIn(during, 'proxyless_utilisation_ratio'), 0.5, 'two of the four that its connections carry')
  for (const response of waiting) response.end('ok')
  await Promise.all(calls)
  await until('both are idle', async () => open(await prometheusText(net), 'idle') === 2)
  server.closeAllConnections()
  await until('both are closed', () => closed.length === 2)
  assert.deepEqual(closed[0], ['orders', url, true])
  const after = await prometheusText(net)
  assert.equal(valueIn(after, 'http_client_connection_duration_seconds_count'), 2)
  assert.deepEqual([open(after, 'active'), open(after, 'idle')], [0, 0])
})
