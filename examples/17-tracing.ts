// What you learn: a program that sets up OpenTelemetry sees every attempt of a call, and the server goes on with its trace.
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { fixed, mesh } from 'proxyless'
import { startServer } from './support/start-server.ts'

// Your program does this once. Here spans stay in memory; yours go to a collector: the mesh does not need to know.
const exporter = new InMemorySpanExporter()
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
trace.setGlobalTracerProvider(provider)
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())

// Its first answer is an error, so that there is something to repeat.
let failures = 1
const told: string[] = []
const orders = await startServer('orders', (request, response) => {
  told.push(String(request.headers.traceparent))
  response.statusCode = failures-- > 0 ? 503 : 200
  response.end('order 42')
})

// A span for each call, too: by default only calls that take more than one attempt have one, from the second attempt on.
await using net = mesh({ name: 'checkout', telemetry: { callSpan: 'always' } })
  .service('orders', (s) => s.resolve(fixed([orders.url])))
  .build()

await provider.getTracer('shop').startActiveSpan('checkout', async (span) => {
  const response = await net.fetch('http://orders/v1/42?token=secret')
  console.log(await response.text()) // prints: order 42
  span.end()
})

const spans = exporter.getFinishedSpans()
for (const { name, parentSpanContext, attributes } of spans) {
  const parent = spans.find((each) => each.spanContext().spanId === parentSpanContext?.spanId)?.name ?? 'nobody'
  const status = attributes['http.response.status_code'] ?? '-'
  console.log(`${name}, child of ${parent}: ${status}`)
}
// prints: GET, child of call orders: 503
// prints: GET, child of call orders: 200
// prints: call orders, child of checkout: 200
// prints: checkout, child of nobody: -

const attempts = spans.filter(({ name }) => name === 'GET')
console.log('no secrets:', attempts[0]?.attributes['url.full']) // prints: no secrets: http://orders/v1/42?token=REDACTED
console.log(
  'servers know their parent:',
  attempts.every((span, i) => told[i]?.includes(span.spanContext().spanId)),
) // prints: servers know their parent: true

await orders.close()
