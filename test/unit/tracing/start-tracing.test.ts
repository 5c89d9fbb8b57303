import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { type TestContext, test } from 'node:test'
import { ConfigError, fixed, mesh } from '../../../src/index.ts'
import { type OtelApi, otelApi, spanKinds } from '../../../src/telemetry/otel-api.ts'
import { activeContext, spanContextOf } from '../../../src/telemetry/trace-context.ts'
import { fakeClock, scriptedTransport } from '../../../src/testing/index.ts'
import type { EndedSpan, ExportResult } from '../../../src/tracing/ended-span.ts'
import type { Need } from '../../../src/tracing/otel-packages.ts'
import { startTracing, startTracingWith } from '../../../src/tracing/start-tracing.ts'
import type { TracingOptions } from '../../../src/tracing/tracing-options.ts'

const lines: readonly (readonly [name: string, need: NodeJS.Require])[] = [
  ['SDK 2', createRequire(new URL('../../fixtures/otel-2/package.json', import.meta.url))],
  ['SDK 3', createRequire(new URL('../../../package.json', import.meta.url))],
]

/** Keeps what is exported. */
function memory() {
  const spans: (EndedSpan & { readonly resource?: { readonly attributes: Readonly<Record<string, unknown>> } })[] = []
  return {
    spans,
    export(batch: never[], done: (result: ExportResult) => void) {
      spans.push(...batch)
      done({ code: 0 })
    },
    shutdown: () => Promise.resolve(),
  }
}

const registry = Symbol.for('opentelemetry.js.api.1')

/** What the API of another line left behind, which this one's would refuse. */
function forgetOtherLines(): void {
  delete (globalThis as { [registry]?: unknown })[registry]
}

function start(t: TestContext, need: Need, options: Partial<TracingOptions> = {}) {
  forgetOtherLines()
  const exporter = memory()
  const tracing = startTracingWith({ service: 'checkout', exporter, ...options }, need)
  t.after(() => tracing.stop())
  return { tracing, exporter }
}

function netOf(statuses: readonly number[]) {
  let i = 0
  const clock = fakeClock()
  const transport = scriptedTransport(() => ({ status: statuses[i++] ?? 200 }))
  const net = mesh({ clock, transport })
    .service('orders', (s) => s.resolve(fixed(['http://10.0.0.1:8080', 'http://10.0.0.2:8080'])))
    .build()
  return { net, transport, clock }
}

for (const [line, need] of lines) {
  test(`${line}: calls of a mesh are traced, with the name of the program`, async (t) => {
    const { tracing, exporter } = start(t, need, { attributes: { 'service.version': '1.2.3' } })
    const { net } = netOf([200])
    await net.fetch('http://orders/')
    await tracing.flush()
    assert.deepEqual(
      exporter.spans.map(({ name }) => name),
      ['GET'],
    )
    const { attributes } = exporter.spans[0]?.resource ?? assert.fail()
    assert.equal(attributes['service.name'], 'checkout')
    assert.equal(attributes['service.version'], '1.2.3')
    assert.ok(attributes['telemetry.sdk.version'] !== undefined)
    assert.deepEqual(tracing.counts().spans, { exported: 1, failed: 0, queueFull: 0 })
    await net.close()
  })

  test(`${line}: with sample 0 a repeated call is kept whole, its later attempts tell their servers so, and a good call leaves nothing`, async (t) => {
    const { tracing, exporter } = start(t, need, { sample: 0, keep: { slow: Number.POSITIVE_INFINITY } })
    const { net, transport, clock } = netOf([200, 503, 200])
    await net.fetch('http://orders/')
    const repeated = net.fetch('http://orders/')
    await clock.advance(1_000)
    await repeated
    await tracing.flush()
    assert.deepEqual(exporter.spans.map(({ name }) => name).sort(), ['GET', 'GET', 'call orders'])
    assert.equal(new Set(exporter.spans.map((span) => span.spanContext().traceId)).size, 1)
    const flags = transport.attempts.map(({ attempt: { headers } }) => headers[headers.indexOf('traceparent') + 1]?.slice(-2))
    assert.deepEqual(flags, ['00', '00', '01'])
    assert.deepEqual(tracing.counts().traces, { held: 0, heldSpans: 0, kept: 1, dropped: 1, cutShort: 0 })
    await net.close()
  })

  test(`${line}: a repeated call outside of any span is kept whole, also where only repetition counts`, async (t) => {
    const { tracing, exporter } = start(t, need, { sample: 0, keep: { failed: false, slow: Number.POSITIVE_INFINITY } })
    const { net, clock } = netOf([503, 200, 200, 503, 404])
    const done = net.fetch('http://orders/')
    await clock.advance(1_000)
    await done
    await net.fetch('http://orders/good')
    // Failed, and not repeated: a POST may not be.
    await net.fetch('http://orders/', { method: 'POST', body: 'x' })
    await net.fetch('http://orders/none')
    await new Promise((resolve) => setImmediate(resolve))
    await tracing.flush()
    assert.deepEqual(exporter.spans.map(({ name }) => name).toSorted(), ['GET', 'GET', 'call orders'])
    assert.deepEqual(tracing.counts().traces, { held: 0, heldSpans: 0, kept: 1, dropped: 3, cutShort: 0 })
    await net.close()
  })

  test(`${line}: without keeping, what is not sampled is not recorded`, async (t) => {
    const { tracing, exporter } = start(t, need, { sample: 0, keep: false })
    const { net, clock } = netOf([503, 200])
    const repeated = net.fetch('http://orders/')
    await clock.advance(1_000)
    await repeated
    await tracing.flush()
    assert.deepEqual(exporter.spans, [])
    await net.close()
  })

  test(`${line}: contexts follow asynchronous code, and W3C headers carry the trace and baggage`, async (t) => {
    start(t, need)
    const api = otelApi() as OtelApi
    const span = api.trace.getTracer('test').startSpan('root', { kind: spanKinds.internal }, activeContext(api))
    const context = activeContext(api).setValue(Symbol.for('OpenTelemetry Context Key SPAN'), span)
    const later = async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return spanContextOf(activeContext(api))?.spanId
    }
    assert.equal(await api.context?.with(context, later, undefined, undefined), span.spanContext().spanId)
    const headers: Record<string, string> = {}
    api.propagation?.inject(context, headers, { set: (carrier, name, value) => void Object.assign(carrier, { [name]: value }) })
    assert.deepEqual(Object.keys(headers), ['traceparent'])
    span.end()
  })

  test(`${line}: stopping sends what waits, and leaves nothing registered`, async (t) => {
    const { tracing, exporter } = start(t, need)
    const { net } = netOf([200])
    await net.fetch('http://orders/')
    assert.equal(exporter.spans.length, 0)
    const stopped = tracing.stop()
    assert.equal(tracing.stop(), stopped)
    await stopped
    assert.equal(exporter.spans.length, 1)
    assert.equal(otelApi(), undefined)
    await net.close()
  })

  test(`${line}: spans that find the queue full, and batches that fail, are counted`, async (t) => {
    const errors: string[] = []
    const answers: ((result: ExportResult) => void)[] = []
    const exporter = {
      export: (_batch: never[], done: (result: ExportResult) => void) => void answers.push(done),
      shutdown: () => Promise.resolve(),
    }
    const { tracing } = start(t, need, { exporter, queue: 3, onError: ({ message }) => errors.push(message) })
    const { net } = netOf([])
    for (let i = 0; i < 8; i += 1) await net.fetch('http://orders/')
    const flushed = tracing.flush()
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(answers.length, 1)
    for (const answer of answers) {
      answer({ code: 1, error: new Error('collector is down') })
      answer({ code: 0 })
    }
    await flushed
    assert.deepEqual(tracing.counts().spans, { exported: 0, failed: 3, queueFull: 5 })
    assert.deepEqual(errors, ['collector is down'])
    await net.close()
  })

  test(`${line}: flush() and stop() wait for a batch that was on its way before`, async (t) => {
    const answers: ((result: ExportResult) => void)[] = []
    const exporter = {
      export: (_batch: never[], done: (result: ExportResult) => void) => void answers.push(done),
      shutdown: () => Promise.resolve(),
    }
    const { tracing } = start(t, need, { exporter, queue: 4 })
    const { net } = netOf([])
    for (const end of [() => tracing.flush(), () => tracing.stop()]) {
      await net.fetch('http://orders/')
      const first = tracing.flush()
      const order: string[] = []
      const ended = end().then(() => order.push('ended'))
      await new Promise((resolve) => setImmediate(resolve))
      order.push('answered')
      for (const answer of answers.splice(0)) answer({ code: 0 })
      await Promise.all([first, ended])
      assert.deepEqual(order, ['answered', 'ended'])
    }
    assert.deepEqual(tracing.counts().spans, { exported: 2, failed: 0, queueFull: 0 })
    await net.close()
  })

  test(`${line}: a program that has an SDK is refused, or left alone if it says so`, async (t) => {
    const { tracing } = start(t, need)
    const registered = otelApi()?.trace
    assert.throws(() => startTracingWith({ service: 'checkout' }, need), /has an OpenTelemetry SDK already.*whenRegistered: 'leave'/)
    const second = startTracingWith({ service: 'checkout', whenRegistered: 'leave' }, need)
    assert.equal(second.started, false)
    await second.stop()
    assert.equal(otelApi()?.trace, registered)
    assert.equal(tracing.started, true)
  })

  test(`${line}: the exporters of the SDK are found`, async (t) => {
    for (const exporter of ['otlp', 'zipkin'] as const) {
      forgetOtherLines()
      const tracing = startTracingWith({ service: 'checkout', exporter, url: 'http://127.0.0.1:1' }, need)
      t.after(() => tracing.stop())
      assert.equal(tracing.started, true)
      await tracing.stop()
    }
  })
}

test('a program that uses two versions of the API is told so', (t) => {
  forgetOtherLines()
  const [[, second], [, third]] = lines as [(typeof lines)[0], (typeof lines)[0]]
  const tracing = startTracingWith({ service: 'checkout', exporter: memory() }, second)
  t.after(forgetOtherLines)
  void tracing.stop()
  assert.throws(() => startTracingWith({ service: 'checkout', exporter: memory() }, third), /another version of @opentelemetry\/api/)
})

test('packages that are missing are named, with the command that installs them', () => {
  const real = lines[1]?.[1] ?? assert.fail()
  const without = (...names: string[]): Need => {
    const found = (name: string): string => {
      if (names.some((each) => name.startsWith(each)))
        throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' })
      return real.resolve(name)
    }
    return Object.assign((name: string) => real(found(name)) as unknown, { resolve: found as NodeJS.RequireResolve })
  }
  assert.throws(() => startTracingWith({ service: 'checkout', exporter: 'zipkin' }, without('@opentelemetry/exporter-zipkin')), {
    message:
      'startTracing: the package @opentelemetry/exporter-zipkin is not installed; they are optional peers of proxyless: npm install @opentelemetry/exporter-zipkin',
  })
  assert.throws(
    () => startTracingWith({ service: 'checkout' }, without('@opentelemetry/')),
    (error: Error) =>
      error.message.endsWith(
        'npm install @opentelemetry/api @opentelemetry/sdk-trace @opentelemetry/context-async-hooks @opentelemetry/exporter-trace-otlp-http',
      ),
  )
  assert.equal(otelApi()?.trace, undefined)
})

test('wrong options are reported together, each with what was expected and what came', () => {
  const wrong = {
    service: '',
    exporter: 'jaeger',
    url: 'collector:4318',
    sample: 2,
    keep: { slow: 'long', maxSpans: 0, tail: true },
    flushOn: 'TERM',
    queue: 0,
    every: 0,
    shutdown: true,
  } as unknown as TracingOptions
  assert.throws(
    () => startTracing(wrong),
    (error) => {
      assert.ok(ConfigError.is(error))
      assert.deepEqual(
        error.problems.map(({ path }) => path).sort(),
        ['every', 'exporter', 'flushOn', 'keep.maxSpans', 'keep.slow', 'keep.tail', 'queue', 'sample', 'service', 'shutdown', 'url'].map(
          (name) => `startTracing.${name}`,
        ),
      )
      assert.match(error.message, /startTracing\.sample: expected a number from 0 to 1, got 2/)
      return true
    },
  )
  assert.throws(() => startTracing(undefined as never), /startTracing: expected an object of options, got undefined/)
})
