// One of two services, each a process of its own with tracing of its own: `checkout` calls `orders`, which fails its second request.
// node traced-shop.ts ROLE LINE EXPORTER URL SAMPLE [ORDERS_URL]; prints its own URL.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { fixed, inbound, mesh } from '../../../src/index.ts'
import { type OtelApi, otelApi } from '../../../src/telemetry/otel-api.ts'
import { activeContext, spanContextOf } from '../../../src/telemetry/trace-context.ts'
import { startTracingWith } from '../../../src/tracing/start-tracing.ts'
import { traceServer } from '../../../src/tracing/trace-server.ts'

const [role = '', line, exporter, url = '', sample, ordersUrl = ''] = process.argv.slice(2)
const packages = line === 'SDK 2' ? '../../fixtures/otel-2/package.json' : '../../../package.json'
startTracingWith(
  {
    service: role,
    exporter: exporter === 'zipkin' ? 'zipkin' : 'otlp',
    url,
    sample: Number(sample),
    keep: { slow: Number.POSITIVE_INFINITY },
    flushOn: 'SIGTERM',
    every: '1h',
    onError: console.error,
  },
  createRequire(new URL(packages, import.meta.url)),
)

let requests = 0
function orders(_request: IncomingMessage, response: ServerResponse): void {
  requests += 1
  response.statusCode = requests === 2 ? 503 : 200
  response.end('order 42')
}

const net = mesh({ name: role })
  .service('orders', (s) => s.resolve(fixed([ordersUrl === '' ? 'http://127.0.0.1:1' : ordersUrl])))
  .build()

async function checkout(_request: IncomingMessage, response: ServerResponse): Promise<void> {
  const traceId = spanContextOf(activeContext(otelApi() as OtelApi))?.traceId
  const reply = await net.fetch('http://orders/v1/42')
  response.setHeader('x-trace-id', String(traceId))
  response.end(await reply.text())
}

const server = createServer(traceServer(inbound(role === 'orders' ? orders : checkout)))
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
