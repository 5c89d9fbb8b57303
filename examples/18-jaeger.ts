// What you learn: tracing in one call for a program without an SDK, of which only traces worth a look are kept; and a log of what happens.
// Spans go to Jaeger if JAEGER_URL says where it takes OTLP (such as http://127.0.0.1:4318), and into memory otherwise.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fixed, inbound, logTo, mesh } from 'proxyless'
import { startTracing, traceServer } from 'proxyless/tracing'

const spans: { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[] = []
const memory = {
  export(batch: typeof spans, done: (result: { code: number }) => void): void {
    spans.push(...batch)
    done({ code: 0 })
  },
  shutdown: async () => {},
}

// In a program of your own this is the first thing, with exporter: 'otlp' (or 'zipkin'), flushOn: 'SIGTERM', and slow traces kept, too.
const url = process.env.JAEGER_URL
const tracing = startTracing({
  service: 'checkout',
  ...(url === undefined ? { exporter: memory } : { url }),
  sample: 0,
  keep: { slow: Number.POSITIVE_INFINITY },
})

// Its third answer is an error.
let requests = 0
const orders = createServer(
  traceServer(
    inbound((_request, response) => {
      requests += 1
      response.statusCode = requests === 3 ? 503 : 200
      response.end(`order ${requests}`)
    }),
  ),
)
await new Promise<void>((resolve) => orders.listen(0, '127.0.0.1', resolve))

const net = mesh({
  name: 'checkout',
  telemetry: {
    accessLog: { to: (line) => console.log(line), format: '{method} {path} -> {status}, attempts: {attempts}' },
  },
})
  .service('orders', (s) => s.resolve(fixed([`http://127.0.0.1:${(orders.address() as AddressInfo).port}`])))
  .build()
const stopLog = logTo(net, {
  debug: (_fields, message) => console.log('debug', message.split(' ')[0]),
  info: () => {},
  warn: console.warn,
  error: console.error,
})

for (let i = 0; i < 4; i += 1) await (await net.fetch('http://orders/v1/42?token=secret')).text()
// prints: GET /v1/42?token=REDACTED -> 200, attempts: 1
// prints: debug attempt-repeated
// prints: GET /v1/42?token=REDACTED -> 200, attempts: 2

await net.close()
stopLog()
orders.close()
await tracing.stop()

const { kept, dropped } = tracing.counts().traces
console.log(`${kept} trace kept, ${dropped} dropped`) // prints: 1 trace kept, 3 dropped
if (url === undefined) {
  console.log(
    spans
      .map(({ name, attributes }) => `${name} ${attributes['http.response.status_code'] ?? ''}`)
      .sort()
      .join(', '),
  )
  // prints: GET 200, GET 200, GET 503, GET 503, call orders 200
}
