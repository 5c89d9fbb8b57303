import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { type TestContext, test } from 'node:test'
import type * as Api from '@opentelemetry/api'
import type * as Sdk from '@opentelemetry/sdk-metrics'
import { meshMetrics, openTelemetryMetrics } from '../../../src/metrics/index.ts'
import { meteredMesh, one } from './metered-mesh.ts'

const registry = Symbol.for('opentelemetry.js.api.1')

/** Both lines of the SDK, each with an API of its own. */
const lines = [
  ['SDK 2', '../../fixtures/otel-2/package.json'],
  ['SDK 3', '../../../package.json'],
] as const

/** Sets an SDK up, and takes it down with the test. */
function sdkOf(t: TestContext, from: string) {
  const need = createRequire(new URL(from, import.meta.url))
  const api: typeof Api = need('@opentelemetry/api')
  const sdk: typeof Sdk = need('@opentelemetry/sdk-metrics')
  delete (globalThis as { [registry]?: unknown })[registry]
  const exporter = new sdk.InMemoryMetricExporter(sdk.AggregationTemporality.CUMULATIVE)
  // Nothing is exported by time: tests ask for it.
  const reader = new sdk.PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 })
  const provider = new sdk.MeterProvider({ readers: [reader] })
  api.metrics.setGlobalMeterProvider(provider)
  t.after(async () => {
    await provider.shutdown()
    api.metrics.disable()
    delete (globalThis as { [registry]?: unknown })[registry]
  })
  return {
    provider,
    async collect() {
      const { resourceMetrics, errors } = await reader.collect()
      assert.deepEqual(errors, [])
      const scope = resourceMetrics.scopeMetrics.find(({ scope: { name } }) => name === 'proxyless')
      return new Map((scope?.metrics ?? []).map((metric) => [metric.descriptor.name, metric]))
    },
  }
}

type Collected = Awaited<ReturnType<ReturnType<typeof sdkOf>['collect']>>

function pointOf(metrics: Collected, name: string, attributes: Readonly<Record<string, unknown>>): unknown {
  const points = (metrics.get(name)?.dataPoints ?? []) as readonly Sdk.DataPoint<unknown>[]
  return points.find((point) => Object.entries(attributes).every(([key, value]) => point.attributes[key] === value))?.value
}

for (const [line, from] of lines) {
  test(`${line}: counters and gauges are read when the SDK collects`, async (t) => {
    const { collect } = sdkOf(t, from)
    let failures = 1
    const { net, call } = meteredMesh(() => ({ status: failures-- > 0 ? 503 : 200 }))
    openTelemetryMetrics(net)
    await call()
    const metrics = await collect()
    const shop = { 'proxyless.mesh': 'shop', 'proxyless.service': 'orders' }
    assert.equal(pointOf(metrics, 'proxyless.calls', { ...shop, 'proxyless.result': 'succeeded' }), 1)
    assert.equal(pointOf(metrics, 'proxyless.attempts.repeated', { ...shop, 'proxyless.reason': '503' }), 1)
    assert.equal(pointOf(metrics, 'proxyless.endpoints', { ...shop, 'proxyless.state': 'healthy' }), 2)
    assert.equal(pointOf(metrics, 'proxyless.endpoint.attempts', { 'proxyless.endpoint': one }), 1)
    for (const [name, { descriptor }] of metrics) {
      const { unit, description } = meshMetrics[name as keyof typeof meshMetrics]
      assert.deepEqual([name, descriptor.unit, descriptor.description], [name, unit, description])
    }
    await net.close()
  })

  test(`${line}: the duration of each attempt is recorded once, with the buckets and attributes of the conventions`, async (t) => {
    const { collect } = sdkOf(t, from)
    const { net, call } = meteredMesh((far) => ({ status: far.path === '/bad' ? 404 : 200, latencyMs: 20 }))
    openTelemetryMetrics(net)
    await call()
    await call()
    await call('http://orders/bad')
    const metrics = await collect()
    const histogram = metrics.get('http.client.request.duration')
    const points = (histogram?.dataPoints ?? []) as readonly Sdk.DataPoint<Sdk.Histogram>[]
    assert.deepEqual(
      points.map(({ attributes, value: { count, buckets } }) => ({ attributes, count, counts: buckets.counts.slice(0, 4) })),
      [
        {
          attributes: {
            'proxyless.mesh': 'shop',
            'proxyless.service': 'orders',
            'http.request.method': 'GET',
            'server.address': 'orders',
            'server.port': 80,
            'http.response.status_code': 200,
          },
          count: 2,
          counts: [0, 0, 2, 0],
        },
        {
          attributes: {
            'proxyless.mesh': 'shop',
            'proxyless.service': 'orders',
            'http.request.method': 'GET',
            'server.address': 'orders',
            'server.port': 80,
            'http.response.status_code': 404,
            'error.type': '404',
          },
          count: 1,
          counts: [0, 0, 1, 0],
        },
      ],
    )
    assert.deepEqual(points[0]?.value.buckets.boundaries, [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10])
    await net.close()
  })

  test(`${line}: a call that is repeated is timed once as a whole, with the same buckets`, async (t) => {
    const { collect } = sdkOf(t, from)
    let failures = 1
    const { net, call } = meteredMesh(() => ({ status: failures-- > 0 ? 503 : 200, latencyMs: 20 }))
    openTelemetryMetrics(net)
    await call()
    const points = ((await collect()).get('proxyless.call.duration')?.dataPoints ?? []) as readonly Sdk.DataPoint<Sdk.Histogram>[]
    const [{ attributes, value } = assert.fail('there is no series'), ...others] = points
    assert.deepEqual(others, [])
    assert.deepEqual(attributes, { 'proxyless.mesh': 'shop', 'proxyless.service': 'orders', 'http.response.status_code': 200 })
    assert.ok(value.count === 1 && (value.sum ?? 0) > 0.04, `${value.sum} s`)
    assert.equal(value.buckets.boundaries.length, 14)
    await net.close()
  })

  test(`${line}: a mesh is told to a provider once; a second time is refused until the first has ended, and nothing counts twice`, async (t) => {
    const { provider, collect } = sdkOf(t, from)
    const { net, call } = meteredMesh({ body: 'ok' })
    const end = openTelemetryMetrics(net)
    const refused = {
      name: 'TypeError',
      message:
        'openTelemetryMetrics: expected a mesh that this meter provider is not told of, got "shop" again: end that first, with the function that it returned',
    }
    assert.throws(() => openTelemetryMetrics(net), refused)
    assert.throws(() => openTelemetryMetrics(net, { meterProvider: provider }), refused)
    await call()
    const counted = async () => {
      const metrics = await collect()
      const one = { 'proxyless.mesh': 'shop' }
      const durations = ['http.client.request.duration', 'proxyless.call.duration'].map((name) => pointOf(metrics, name, one))
      const calls = pointOf(metrics, 'proxyless.calls', { ...one, 'proxyless.result': 'succeeded' })
      return [calls, ...durations.map((value) => (value as { count: number }).count)]
    }
    assert.deepEqual(await counted(), [1, 1, 1])
    end()
    openTelemetryMetrics(net)
    await call()
    assert.deepEqual(await counted(), [2, 2, 2])
    await net.close()
  })

  test(`${line}: meshes with the same name are told apart by a number, which is free again once its mesh is closed`, async (t) => {
    const { collect } = sdkOf(t, from)
    const nets = [meteredMesh({ body: 'ok' }), meteredMesh({ body: 'ok' })]
    for (const { net } of nets) openTelemetryMetrics(net)
    for (const { call } of nets) await call()
    await nets[1]?.call()
    const metrics = await collect()
    const of = (mesh: string) => [
      pointOf(metrics, 'proxyless.calls', { 'proxyless.mesh': mesh, 'proxyless.result': 'succeeded' }),
      (pointOf(metrics, 'http.client.request.duration', { 'proxyless.mesh': mesh }) as { count: number }).count,
    ]
    assert.deepEqual(
      [of('shop'), of('shop (2)')],
      [
        [1, 1],
        [2, 2],
      ],
    )
    await nets[0]?.net.close()
    const third = meteredMesh({ body: 'ok' })
    openTelemetryMetrics(third.net)
    const names = ((await collect()).get('proxyless.calls.active')?.dataPoints ?? []).map(({ attributes }) => attributes['proxyless.mesh'])
    assert.deepEqual(names.toSorted(), ['shop', 'shop (2)'])
    for (const { net } of [...nets.slice(1), third]) await net.close()
  })

  test(`${line}: nothing is told any more when it was ended, or the mesh is closed`, async (t) => {
    const { collect } = sdkOf(t, from)
    const first = meteredMesh({ body: 'ok' }, (s) => s, { name: 'first' })
    const second = meteredMesh({ body: 'ok' }, (s) => s, { name: 'second' })
    const end = openTelemetryMetrics(first.net)
    openTelemetryMetrics(second.net)
    for (const { call } of [first, second]) await call()
    end()
    end()
    await first.call()
    const metrics = await collect()
    const succeeded = (mesh: string) => pointOf(metrics, 'proxyless.calls', { 'proxyless.mesh': mesh, 'proxyless.result': 'succeeded' })
    assert.deepEqual([succeeded('first'), succeeded('second')], [undefined, 1])
    const durations = pointOf(metrics, 'http.client.request.duration', { 'proxyless.mesh': 'first' }) as { count: number }
    assert.equal(durations.count, 1, 'the second call came when it was over')
    await second.net.close()
    await collect()
    await first.net.close()
  })
}

test('services that come later are told too, and so are hosts that no service declares', async (t) => {
  const { collect } = sdkOf(t, lines[1][1])
  const { net, call } = meteredMesh({ body: 'ok' })
  openTelemetryMetrics(net)
  const orders = net.plan.services.orders ?? assert.fail()
  net.apply({ ...net.plan, services: { orders, stock: orders } })
  await call('http://stock/')
  await call('http://example.test/')
  const metrics = await collect()
  const count = (service: string) =>
    (pointOf(metrics, 'http.client.request.duration', { 'proxyless.service': service }) as { count: number } | undefined)?.count
  assert.deepEqual([count('stock'), count('(passthrough)')], [1, 1])
  await net.close()
})

test('a meter provider can be given instead of the one that the program has set up', async (t) => {
  const { provider, collect } = sdkOf(t, lines[1][1])
  delete (globalThis as { [registry]?: unknown })[registry]
  const { net } = meteredMesh({ body: 'ok' })
  assert.throws(
    () => openTelemetryMetrics(net),
    /openTelemetryMetrics: meterProvider: expected a meter provider, given or set up with .*, got undefined/,
  )
  openTelemetryMetrics(net, { meterProvider: provider })
  assert.ok((await collect()).has('proxyless.calls'))
  await net.close()
})

test('what is no mesh, no meter provider or no option is refused with what was expected and what came', async (t) => {
  const { provider } = sdkOf(t, lines[1][1])
  const { net } = meteredMesh({ body: 'ok' })
  const asked = (given: unknown, options?: unknown) => () => openTelemetryMetrics(given as never, options as never)
  assert.throws(asked([net]), /^TypeError: openTelemetryMetrics: expected a mesh, got \[/)
  assert.throws(asked({}), /^TypeError: openTelemetryMetrics: expected a mesh, got \{\}$/)
  for (const meter of [undefined, {}]) {
    const provides = { meterProvider: { getMeter: () => meter } }
    assert.throws(asked(net, provides), /meterProvider: expected one of OpenTelemetry's API 1\.9 or later, got the meter /)
  }
  const expected = /openTelemetryMetrics: options: expected one of mostEndpoints, meterProvider, got "mostEndpints"$/
  assert.throws(asked(net, { mostEndpints: 5 }), expected)
  assert.throws(asked(net, 5), /openTelemetryMetrics: options: expected an object, got 5$/)
  // Nothing was begun by any of them.
  openTelemetryMetrics(net, { meterProvider: provider })()
  await net.close()
})

test('a meter that cannot make its instruments leaves nothing behind', async (t) => {
  const { provider } = sdkOf(t, lines[1][1])
  const { net } = meteredMesh({ body: 'ok' })
  const real = provider.getMeter('proxyless')
  let isBroken = true
  const meter = new Proxy(real, {
    get: (target, name) => (isBroken && name === 'createObservableGauge' ? () => assert.fail('no gauges') : Reflect.get(target, name)),
  })
  const meterProvider = { getMeter: () => meter }
  assert.throws(() => openTelemetryMetrics(net, { meterProvider }), /no gauges/)
  isBroken = false
  openTelemetryMetrics(net, { meterProvider })()
  await net.close()
})

test('a histogram that throws costs no call', async () => {
  const { net, call } = meteredMesh({ body: 'ok' })
  const faults: unknown[] = []
  net.on('part-threw', ({ part, error }) => faults.push([part, String(error)]))
  const observable = {}
  const meter = {
    createHistogram: () => ({
      record: () => {
        throw new Error('full')
      },
    }),
    createObservableCounter: () => observable,
    createObservableUpDownCounter: () => observable,
    createObservableGauge: () => observable,
    addBatchObservableCallback: () => {},
    removeBatchObservableCallback: () => {},
  }
  openTelemetryMetrics(net, { meterProvider: { getMeter: () => meter } })
  assert.equal(await call(), 'ok')
  // That of the attempt, and that of the call.
  assert.deepEqual(faults, Array(2).fill(['metrics', 'Error: full']))
  await net.close()
})
