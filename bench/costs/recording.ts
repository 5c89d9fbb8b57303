// What recording a call costs, beside what the SDK takes for such a span: `node recording.ts '{"line":3,"mode":"recorded","slices":60}'`. There is no wire.
// Slices of the three loops take turns in one process, and the lower quartile of each counts: what else runs on the machine only ever adds.
import { createRequire } from 'node:module'
import { fixed, type Mesh, mesh, replied } from 'proxyless'
import { testReply } from 'proxyless/testing'

interface Input {
  /** Of the SDK. */
  readonly line: 2 | 3
  readonly mode: 'recorded' | 'unsampled'
  readonly slices: number
}

const { line, mode, slices } = JSON.parse(process.argv[2] as string) as Input

const need = createRequire(new URL(line === 2 ? '../../test/fixtures/otel-2/package.json' : '../../package.json', import.meta.url))
const api = need('@opentelemetry/api')
const core = need('@opentelemetry/core')
const sdk = need(line === 2 ? '@opentelemetry/sdk-trace-base' : '@opentelemetry/sdk-trace')
const { AsyncLocalStorageContextManager } = need('@opentelemetry/context-async-hooks')

let exported = 0
const nowhere = {
  export(spans: unknown[], done: (result: { code: number }) => void): void {
    exported += spans.length
    setImmediate(done, { code: 0 })
  },
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
}
const queue = { maxQueueSize: 100_000, maxExportBatchSize: 512, scheduledDelayMillis: 50 }
const processor = line === 2 ? new sdk.BatchSpanProcessor(nowhere, queue) : new sdk.BatchSpanProcessor({ ...queue, exporter: nowhere })
const sampler = mode === 'recorded' ? new sdk.AlwaysOnSampler() : new sdk.AlwaysOffSampler()
const provider = new (line === 2 ? sdk.BasicTracerProvider : sdk.TracerProvider)({ sampler, spanProcessors: [processor] })
api.trace.setGlobalTracerProvider(provider)
api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
const propagators = [new core.W3CTraceContextPropagator(), new core.W3CBaggagePropagator()]
api.propagation.setGlobalPropagator(new core.CompositePropagator({ propagators }))

function meshOf(telemetry: false | undefined): Mesh {
  return mesh({
    name: 'bench',
    telemetry,
    transport: { name: 'none', send: () => Promise.resolve(replied(testReply())), close: () => Promise.resolve() },
  })
    .service('orders', (s) => s.resolve(fixed(['http://10.0.0.7:8080', 'http://10.0.0.8:8080'])))
    .build()
}

const callsOf = (net: Mesh) => async (): Promise<void> => {
  await (await net.fetch('http://orders/v1/42')).text()
}

const setter = {
  set(list: string[], name: string, value: string): void {
    list.push(name, value)
  },
}
const tracer = provider.getTracer('bench')
const started = Object.freeze({
  kind: 2,
  attributes: Object.freeze({ 'http.request.method': 'GET', 'server.address': 'orders', 'server.port': 80 }),
})

/** What an SDK has to do for such a span: nothing of it is ours. */
async function bare(): Promise<void> {
  const parent = api.context.active()
  const span = tracer.startSpan('GET', started, parent)
  const headers: string[] = []
  api.propagation.inject(api.trace.setSpan(parent, span), headers, setter)
  if (span.isRecording()) {
    span.setAttributes({
      'url.full': 'http://orders/v1/42',
      'proxyless.service': 'orders',
      'proxyless.endpoint': '10.0.0.7:8080',
      'network.peer.address': '10.0.0.7',
      'network.peer.port': 8080,
    })
    span.setAttributes({ 'proxyless.verdict': 'success', 'http.response.status_code': 200 })
  }
  span.end()
}

async function slice(call: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  let calls = 0
  for (let round = 0; round < 20; round += 1) {
    // A service makes its calls for somebody: in the span of a request.
    const parent = tracer.startSpan('request')
    await api.context.with(api.trace.setSpan(api.context.active(), parent), async () => {
      for (let i = 0; i < 50; i += 1) await call()
    })
    parent.end()
    calls += 50
    // The batch processor works between turns.
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / calls
}

const offNet = meshOf(false)
const onNet = meshOf(undefined)
const all = { off: callsOf(offNet), on: callsOf(onNet), bare }
const only = process.env.ONLY
const loops = (only ? { [only]: all[only as 'on'] } : all) as typeof all
const found: Record<keyof typeof loops, number[]> = { off: [], on: [], bare: [] }
for (let i = -20; i < slices; i += 1) {
  for (const [name, call] of Object.entries(loops)) {
    const cpuUs = await slice(call)
    if (i >= 0) found[name as keyof typeof loops].push(cpuUs)
  }
}
const quartile = (figures: number[]): number => figures.sort((a, b) => a - b)[Math.floor(figures.length / 4)] as number
const [off, on, floor] = [quartile(found.off), quartile(found.on), quartile(found.bare)]
await offNet.close()
await onNet.close()
process.stdout.write(`${JSON.stringify({ off, on, floor, more: on - off, exported })}\n`, () => process.exit(0))
