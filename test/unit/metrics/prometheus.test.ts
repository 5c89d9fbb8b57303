import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import type * as Exporter from '@opentelemetry/exporter-prometheus'
import { mesh } from '../../../src/index.ts'
import { meshMetrics, metricsHandler, prometheusContentType, prometheusName, prometheusText } from '../../../src/metrics/index.ts'
import { readMeshes } from '../../../src/metrics/metered.ts'
import { prometheusData } from '../../../src/metrics/prometheus-data.ts'
import { meteredMesh, one, valueIn } from './metered-mesh.ts'

const shop = { proxyless_mesh: 'shop', proxyless_service: 'orders' }

test('names follow the rules of OpenTelemetry for Prometheus', () => {
  assert.deepEqual(
    (['http.client.request.duration', 'proxyless.calls', 'proxyless.security', 'proxyless.throughput', 'proxyless.endpoints'] as const).map(
      prometheusName,
    ),
    [
      'http_client_request_duration_seconds',
      'proxyless_calls_total',
      'proxyless_security_ratio',
      'proxyless_throughput_per_second',
      'proxyless_endpoints',
    ],
  )
  assert.equal(
    new Set(Object.keys(meshMetrics).map((name) => prometheusName(name as keyof typeof meshMetrics))).size,
    Object.keys(meshMetrics).length,
  )
})

test('the text has the calls, the attempts and their durations of each service', async () => {
  let failures = 1
  const { net, call } = meteredMesh(() => ({ status: failures-- > 0 ? 503 : 200, latencyMs: 20 }))
  await call()
  await call()
  const text = await prometheusText(net)
  assert.equal(valueIn(text, 'proxyless_calls_total', { ...shop, proxyless_result: 'succeeded' }), 2)
  assert.equal(valueIn(text, 'proxyless_attempts_total', { ...shop, proxyless_verdict: 'failure' }), 1)
  assert.equal(valueIn(text, 'proxyless_attempts_repeated_total', { ...shop, proxyless_reason: '503' }), 1)
  assert.equal(valueIn(text, 'proxyless_extra_attempts_total', { ...shop, proxyless_kind: 'retry' }), 1)
  const series = { ...shop, http_request_method: 'GET', http_response_status_code: '200', server_address: 'orders', server_port: '80' }
  const bucket = (le: string) => valueIn(text, 'http_client_request_duration_seconds_bucket', { ...series, le })
  assert.deepEqual([bucket('0.01'), bucket('0.025'), bucket('+Inf')], [0, 2, 2])
  assert.equal(valueIn(text, 'http_client_request_duration_seconds_count', { ...series, error_type: '503' }), undefined)
  assert.equal(valueIn(text, 'proxyless_endpoints', { ...shop, proxyless_state: 'healthy' }), 2)
  assert.equal(valueIn(text, 'proxyless_security_ratio', shop), 0)
  await net.close()
})

test('a scrape changes nothing that the next one counts', async () => {
  const { net, call } = meteredMesh({ body: 'ok' })
  await call()
  assert.equal(await prometheusText(net), await prometheusText(net))
  await net.close()
})

test('labels are escaped', async () => {
  const { net } = meteredMesh({ body: 'ok' }, (s) => s, { name: 'a "quoted" \\ name\nwith lines' })
  assert.match(await prometheusText(net), /proxyless_mesh="a \\"quoted\\" \\\\ name\\nwith lines"/)
  await net.close()
})

test('meshes of one process are told apart by their names, and those with the same name by a number', async () => {
  const nets = [meteredMesh({ body: 'ok' }), meteredMesh({ body: 'ok' }), meteredMesh({ body: 'ok' }, (s) => s, { name: 'stock' })]
  await nets[1]?.call()
  const text = await prometheusText(nets.map(({ net }) => net))
  const succeeded = (name: string) => valueIn(text, 'proxyless_calls_total', { proxyless_mesh: name, proxyless_result: 'succeeded' })
  assert.deepEqual([succeeded('shop'), succeeded('shop (2)'), succeeded('stock')], [0, 1, 0])
  const types = text.split('\n').filter((line) => line === '# TYPE proxyless_calls_total counter')
  assert.equal(types.length, 1, 'a metric is described once')
  for (const { net } of nets) await net.close()
})

test('a mesh that is closed, and one without services, have nothing to tell', async () => {
  const { net } = meteredMesh({ body: 'ok' })
  await net.close()
  assert.equal(await prometheusText(net), '')
  await using empty = mesh().build()
  assert.equal(await prometheusText(empty), '')
})

test('a service with many endpoints tells sums', async () => {
  const { net, call } = meteredMesh({ body: 'ok' })
  await call()
  await call()
  const each = await prometheusText(net, { mostEndpoints: 2 })
  assert.equal(valueIn(each, 'proxyless_endpoint_attempts_total', { ...shop, proxyless_endpoint: one }), 1)
  assert.equal(valueIn(each, 'http_client_active_requests', { server_address: '10.0.0.1', server_port: '8080' }), 0)
  const sums = await prometheusText(net, { mostEndpoints: 1 })
  assert.ok(!sums.includes('proxyless_endpoint="'))
  assert.equal(valueIn(sums, 'http_client_active_requests', shop), 0)
  assert.equal(valueIn(sums, 'proxyless_endpoints', { ...shop, proxyless_state: 'healthy' }), 2)
  await net.close()
})

test('limits and circuits are told by services that have them', async () => {
  const { net, call } = meteredMesh({ status: 500 }, (s) =>
    s
      .rateLimit({ permits: 5, per: '1h' })
      .concurrency({ limit: 7 })
      .retry(false)
      .circuitBreaker({ service: { consecutiveFailures: 3, openFor: '1m' } }),
  )
  for (let i = 0; i < 8; i += 1) await call('http://orders/', { method: 'POST' })
  const text = await prometheusText(net)
  assert.equal(valueIn(text, 'proxyless_circuit_state', { ...shop, proxyless_state: 'open' }), 1)
  assert.equal(valueIn(text, 'proxyless_circuit_state', { ...shop, proxyless_state: 'closed' }), 0)
  assert.equal(valueIn(text, 'proxyless_circuit_openings_total', shop), 1)
  assert.equal(valueIn(text, 'proxyless_circuit_refused_total', shop), 2)
  assert.equal(valueIn(text, 'proxyless_rate_limit_calls_total', { ...shop, proxyless_result: 'refused' }), 3)
  assert.equal(valueIn(text, 'proxyless_rate_limit_permits', shop), 0)
  assert.equal(valueIn(text, 'proxyless_concurrency_limit', shop), 7)
  await net.close()
})

test('wrong arguments are told', () => {
  assert.throws(() => prometheusText({} as never), /prometheusText: expected a mesh, or a list of them, got/)
  const { net } = meteredMesh({ body: 'ok' })
  assert.throws(
    () => metricsHandler(net, { mostEndpoints: -1 }),
    /metricsHandler: mostEndpoints: expected a whole number of at least 0, got -1/,
  )
})

test('the handler answers GET and HEAD, and nothing else', async () => {
  const { net } = meteredMesh({ body: 'ok' })
  const handler = metricsHandler(net)
  const ask = (method: string) =>
    new Promise<{ status: number; body: string; headers: Record<string, string> }>((resolve) => {
      const headers: Record<string, string> = {}
      const response = {
        statusCode: 0,
        setHeader: (name: string, value: string) => {
          headers[name] = value
        },
        end: (body = '') => resolve({ status: response.statusCode, body, headers }),
      }
      handler({ method }, response)
    })
  const got = await ask('GET')
  assert.deepEqual([got.status, got.headers['content-type']], [200, prometheusContentType])
  assert.match(got.body, /^# HELP /)
  assert.deepEqual(await ask('HEAD'), { ...got, body: '' })
  const posted = await ask('POST')
  assert.deepEqual([posted.status, posted.headers.allow], [405, 'GET, HEAD'])
  await net.close()
})

test('a mesh that cannot tell is a 500 with the reason', async () => {
  const handler = metricsHandler({
    snapshot: () => {
      throw new Error('no snapshot today')
    },
  })
  const [status, body] = await new Promise<[number, string | undefined]>((resolve) => {
    const response = { statusCode: 0, setHeader: () => {}, end: (text?: string) => resolve([response.statusCode, text]) }
    handler({ method: 'GET' }, response)
  })
  assert.deepEqual([status, body], [500, 'no snapshot today\n'])
})

test('the exporter of either line of OpenTelemetry writes the same text', async () => {
  const { net, call } = meteredMesh({ body: 'ok' })
  await call()
  const need = createRequire(new URL('../../fixtures/otel-2/package.json', import.meta.url))
  const { PrometheusSerializer }: typeof Exporter = need('@opentelemetry/exporter-prometheus')
  const data = prometheusData(readMeshes([net.snapshot()], { mostEndpoints: 100 }))
  const text = new PrometheusSerializer('', false, undefined, true, true).serialize(data as never)
  assert.equal(`${text.trimEnd()}\n`, await prometheusText(net))
  await net.close()
})

test('what cannot be loaded is named, with what to install', async () => {
  // Its own process: here it is loaded already.
  const program = `
    import { registerHooks } from 'node:module'
    registerHooks({
      resolve: (specifier, context, next) => {
        if (specifier === '@opentelemetry/exporter-prometheus') throw new Error('not installed')
        return next(specifier, context)
      },
    })
    const { prometheusText } = await import('${new URL('../../../src/metrics/index.ts', import.meta.url)}')
    await prometheusText({ snapshot: () => assert.fail() }).catch((error) => console.log(error.message))
  `
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' })
  assert.equal(stdout.trim(), 'prometheusText: expected the package @opentelemetry/exporter-prometheus to be installed beside proxyless')
})
