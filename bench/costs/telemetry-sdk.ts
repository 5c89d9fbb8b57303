import { createRequire } from 'node:module'
import { startTracing } from 'proxyless/tracing'

/** How calls are told of. `alone`: recorded, of calls that nobody's span surrounds, each of which begins a trace with a span of the call. */
export type Mode = 'none' | 'access-log' | 'unsampled' | 'dropped' | 'recorded' | 'alone'

/** Of the SDK. */
export type SdkLine = 2 | 3

/** An SDK as a program has it, with batches that go nowhere. */
export interface BenchSdk {
  /** Runs calls as a service makes them: in the span of a request. */
  inRequest(run: () => Promise<void>): Promise<void>
  /** What an SDK has to do for a span such as the mesh makes, with its headers. Nothing in it is ours; and no context is entered. */
  span(): Promise<void>
}

/** Sets an SDK up. */
export function startSdk(mode: Mode, line: SdkLine): BenchSdk {
  if (mode === 'none' || mode === 'access-log') return { inRequest: (run) => run(), span: () => Promise.resolve() }
  const need = createRequire(new URL(line === 2 ? '../../test/fixtures/otel-2/package.json' : '../../package.json', import.meta.url))
  const api = need('@opentelemetry/api')
  if (mode === 'dropped') startTracing({ service: 'bench', exporter: nowhere, every: '50ms', queue: 100_000, sample: 0 })
  else setUp(need, api, line, mode !== 'unsampled')
  const tracer = api.trace.getTracer('bench')
  return {
    async inRequest(run) {
      if (mode === 'alone') return run()
      const request = tracer.startSpan('request')
      await api.context.with(api.trace.setSpan(api.context.active(), request), run)
      request.end()
    },
    span() {
      const parent = api.context.active()
      const span = tracer.startSpan('GET', started, parent)
      const headers: string[] = []
      api.propagation.inject(api.trace.setSpan(parent, span), headers, setter)
      if (span.isRecording()) {
        span.setAttributes(told)
        span.setAttributes(ended)
      }
      span.end()
      return Promise.resolve()
    },
  }
}

function setUp(need: NodeJS.Require, api: ReturnType<NodeJS.Require>, line: SdkLine, sampled: boolean): void {
  const core = need('@opentelemetry/core')
  const sdk = need(line === 2 ? '@opentelemetry/sdk-trace-base' : '@opentelemetry/sdk-trace')
  const { AsyncLocalStorageContextManager } = need('@opentelemetry/context-async-hooks')
  const queue = { maxQueueSize: 100_000, maxExportBatchSize: 512, scheduledDelayMillis: 50 }
  const batches = line === 2 ? new sdk.BatchSpanProcessor(nowhere, queue) : new sdk.BatchSpanProcessor({ ...queue, exporter: nowhere })
  const Provider = line === 2 ? sdk.BasicTracerProvider : sdk.TracerProvider
  const sampler = sampled ? new sdk.AlwaysOnSampler() : new sdk.AlwaysOffSampler()
  api.trace.setGlobalTracerProvider(new Provider({ sampler, spanProcessors: [batches] }))
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const propagators = [new core.W3CTraceContextPropagator(), new core.W3CBaggagePropagator()]
  api.propagation.setGlobalPropagator(new core.CompositePropagator({ propagators }))
}

const nowhere = {
  export: (_spans: unknown[], done: (result: { code: number }) => void) => setImmediate(done, { code: 0 }),
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
}

const setter = {
  set(list: string[], name: string, value: string): void {
    list.push(name, value)
  },
}

const started = Object.freeze({
  kind: 2,
  attributes: Object.freeze({ 'http.request.method': 'GET', 'server.address': 'orders', 'server.port': 80 }),
})
const told = Object.freeze({
  'url.full': 'http://orders/v1/42',
  'proxyless.service': 'orders',
  'proxyless.endpoint': 'http://10.0.0.7:8080',
  'network.peer.address': '10.0.0.7',
  'network.peer.port': 8080,
})
const ended = Object.freeze({ 'proxyless.verdict': 'success', 'http.response.status_code': 200 })
