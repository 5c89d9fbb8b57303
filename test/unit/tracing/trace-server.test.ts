import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { traceServer } from '../../../src/tracing/trace-server.ts'
import { sdkLines, type Tracing } from '../../fixtures/otel-lines.ts'

/** Asks a server of this listener, and waits until it is done with the request. */
async function ask(t: TestContext, listener: RequestListener, path = '/', headers: Record<string, string> = {}): Promise<string> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const closed = new Promise((resolve) => server.once('request', (_request, response) => response.once('close', resolve)))
  const { port } = server.address() as AddressInfo
  const [reply] = (await once(get({ host: '127.0.0.1', port, path, headers, agent: false }), 'response')) as [IncomingMessage]
  const [body] = await Promise.all([text(reply), closed])
  return body
}

const traceId = 'a'.repeat(32)
const traceparent = `00-${traceId}-${'b'.repeat(16)}-01`

function only(tracing: Tracing) {
  assert.equal(tracing.spans.length, 1)
  return tracing.spans[0] ?? assert.fail()
}

for (const line of sdkLines) {
  test(`${line.name}: a request has a span of the kind SERVER that goes on with the trace of its caller`, async (t) => {
    const tracing = line.start(t)
    const told = await ask(
      t,
      traceServer((_request, response) => {
        response.end(tracing.api.trace.getActiveSpan()?.spanContext().traceId)
      }),
      '/v1/42?page=2&token=secret',
      { traceparent, host: 'orders:8080', 'user-agent': 'test/1', 'x-proxyless-attempt': '2' },
    )
    assert.equal(told, traceId)
    const span = only(tracing)
    assert.equal(span.name, 'GET')
    assert.equal(span.kind, tracing.api.SpanKind.SERVER)
    assert.equal(span.spanContext().traceId, traceId)
    assert.equal(span.parentSpanContext?.spanId, 'b'.repeat(16))
    assert.deepEqual(span.attributes, {
      'http.request.method': 'GET',
      'url.path': '/v1/42',
      'url.query': 'page=2&token=REDACTED',
      'url.scheme': 'http',
      'server.address': 'orders',
      'server.port': 8080,
      'client.address': '127.0.0.1',
      'network.protocol.version': '1.1',
      'user_agent.original': 'test/1',
      'proxyless.attempt': 2,
      'http.response.status_code': 200,
    })
    assert.equal(span.status.code, tracing.api.SpanStatusCode.UNSET)
  })

  test(`${line.name}: 5xx is an error of the server, 4xx is one of its caller, and a route names the span`, async (t) => {
    const tracing = line.start(t)
    for (const status of [404, 503]) {
      await ask(
        t,
        traceServer((_request, response) => void response.writeHead(status).end(), { route: () => '/v1/:id' }),
      )
    }
    const [missing, failed] = tracing.spans
    assert.equal(missing?.name, 'GET /v1/:id')
    assert.equal(missing?.attributes['http.route'], '/v1/:id')
    assert.equal(missing?.status.code, tracing.api.SpanStatusCode.UNSET)
    assert.equal(failed?.status.code, tracing.api.SpanStatusCode.ERROR)
    assert.equal(failed?.attributes['error.type'], '503')
  })

  test(`${line.name}: a client that leaves ends the span, which says of no status`, async (t) => {
    const tracing = line.start(t)
    const server = createServer(traceServer(() => {}))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    const closed = new Promise((resolve) => server.once('request', (_request, response) => response.once('close', resolve)))
    const request = get({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, agent: false })
    request.on('error', () => {})
    server.once('request', () => request.destroy())
    await closed
    const span = only(tracing)
    assert.equal(span.attributes['http.response.status_code'], undefined)
    assert.equal(span.status.code, tracing.api.SpanStatusCode.UNSET)
  })

  test(`${line.name}: there is no second span where an instrumentation made one, and none for what is ignored`, async (t) => {
    const tracing = line.start(t)
    const { api, tracer } = tracing
    const inner = traceServer((_request, response) => void response.end('ok'), { ignore: ({ url }) => url === '/healthz' })
    await ask(t, (request, response) => {
      tracer.startActiveSpan('instrumented', { kind: api.SpanKind.SERVER }, (span) => {
        response.once('close', () => span.end())
        inner(request, response)
      })
    })
    await ask(t, inner, '/healthz')
    assert.equal(only(tracing).name, 'instrumented')
  })

  test(`${line.name}: a server that was started in a span does not serve in it`, async (t) => {
    const tracing = line.start(t)
    await tracing.inSpan('boot', () =>
      ask(
        t,
        traceServer((_request, response) => void response.end('ok')),
      ),
    )
    const span = tracing.spans.find(({ kind }) => kind === tracing.api.SpanKind.SERVER)
    assert.equal(span?.parentSpanContext, undefined)
  })
}

test('where nobody traces, a listener is only called', async (t) => {
  const registry = Symbol.for('opentelemetry.js.api.1')
  delete (globalThis as { [registry]?: unknown })[registry]
  assert.equal(
    await ask(
      t,
      traceServer((_request, response) => void response.end('ok')),
    ),
    'ok',
  )
  assert.throws(() => traceServer(undefined as never), /traceServer: expected a listener of node:http, got undefined/)
})
