import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fetch as undiciFetch, request as undiciRequest } from 'undici'
import { fixed, inbound, mesh, primaryBackup } from '../../../src/index.ts'
import { sdkLines, type Tracing } from '../../fixtures/otel-lines.ts'
import { httpServer } from '../transport/wire.ts'

const suppressedKey = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

/** What a server was told, as often as it was told it. */
function traceparents(request: { readonly rawHeaders: readonly string[] }): readonly string[] {
  const { rawHeaders } = request
  return rawHeaders.flatMap((text, i) => (i % 2 === 0 && text.toLowerCase() === 'traceparent' ? [rawHeaders[i + 1] as string] : []))
}

/** Waits for the spans that end a moment after the call. */
async function spansOf(tracing: Tracing, count: number): Promise<Tracing['spans']> {
  for (let turn = 0; turn < 5_000 && tracing.spans.length < count; turn += 1) await new Promise((resolve) => setTimeout(resolve, 2))
  return tracing.spans
}

for (const line of sdkLines) {
  test(`${line.name}: a repeated call through two services is one trace: one root, right parents, no doubles`, async (t) => {
    const told: (readonly string[])[] = []
    let failures = 0
    const stock = await httpServer(t, (request, response) => {
      told.push(traceparents(request))
      response.statusCode = failures-- > 0 ? 503 : 200
      response.end('stock')
    })
    const inner = mesh({ name: 'orders' })
      .service('stock', (s) => s.resolve(fixed([stock.url])))
      .build()
    t.after(() => inner.close())
    // The first call of a mesh waits for discovery, which would be told.
    await (await inner.fetch('http://stock/')).text()
    const tracing = line.start(t)
    tracing.instrumentUndici()
    const { api } = tracing
    // As an instrumentation of servers does it.
    const orders = await httpServer(t, (request, response) => {
      if (request.url === '/warm') {
        response.end()
        return
      }
      told.push(traceparents(request))
      const parent = api.propagation.extract(api.ROOT_CONTEXT, request.headers)
      void api.context.with(parent, () =>
        tracing.inSpan('serve orders', async () => {
          response.end(await (await inner.fetch('http://stock/')).text())
        }),
      )
    })
    const outer = mesh({ name: 'shop' })
      .service('orders', (s) => s.resolve(fixed([orders.url])))
      .build()
    t.after(() => outer.close())
    await api.context.with(api.context.active().setValue(suppressedKey as never, true), async () =>
      (await outer.fetch('http://orders/warm')).text(),
    )
    told.length = 0
    failures = 1
    const text = await tracing.inSpan('root', async () => (await outer.fetch('http://orders/')).text())
    assert.equal(text, 'stock')

    const spans = await spansOf(tracing, 6)
    const parentOf = (index: number) => spans.find((each) => each.spanContext().spanId === spans[index]?.parentSpanContext?.spanId)?.name
    const names = spans.map(({ name }, i) => `${parentOf(i) ?? '-'} > ${name}`)
    assert.deepEqual(names.sort(), [
      '- > root',
      'GET > serve orders',
      'call stock > GET',
      'root > GET',
      'serve orders > GET',
      'serve orders > call stock',
    ])
    assert.equal(new Set(spans.map((span) => span.spanContext().traceId)).size, 1)
    const clients = spans.filter(({ kind }) => kind === api.SpanKind.CLIENT).map((span) => span.spanContext().spanId)
    assert.deepEqual(
      told.map((each) => each.length),
      [1, 1, 1],
    )
    assert.deepEqual(told.map(([header = '']) => header.split('-')[2]).sort(), clients.sort())
  })

  test(`${line.name}: every door has one span and one header with undici instrumented, also for a call that waits for a connection`, async (t) => {
    const tracing = line.start(t)
    tracing.instrumentUndici()
    const told: (readonly string[])[] = []
    const server = await httpServer(t, (request, response) => {
      told.push(traceparents(request))
      setTimeout(() => response.end('ok'), 5)
    })
    const net = mesh()
      .service('orders', (s) => s.resolve(fixed([server.url])).http({ connections: 1 }))
      .build()
    t.after(() => net.close())
    await tracing.inSpan('root', async () => {
      const texts = await Promise.all([
        net.fetch('http://orders/').then((response) => response.text()),
        net
          .service('orders')
          .fetch('/')
          .then((response) => response.text()),
        net.request('http://orders/').then(({ body }) => body.text()),
        undiciRequest('http://orders/', { dispatcher: net.dispatcher as never }).then(({ body }) => body.text()),
        undiciFetch('http://orders/', { dispatcher: net.dispatcher as never }).then((response) => response.text()),
        net.fetch(server.url).then((response) => response.text()),
      ])
      assert.deepEqual(new Set(texts), new Set(['ok']))
    })
    const spans = await spansOf(tracing, 7)
    const clients = spans.filter(({ kind }) => kind === tracing.api.SpanKind.CLIENT)
    assert.equal(clients.length, 6)
    assert.deepEqual(
      told.map((each) => each.length),
      [1, 1, 1, 1, 1, 1],
    )
    assert.deepEqual(told.map(([header = '']) => header.split('-')[2]).sort(), clients.map((span) => span.spanContext().spanId).sort())
    assert.equal(new Set(spans.map((span) => span.spanContext().traceId)).size, 1)
  })

  test(`${line.name}: code that hears of a body is neither suppressed nor in somebody else's trace`, async (t) => {
    const tracing = line.start(t)
    tracing.instrumentUndici()
    const { api } = tracing
    const server = await httpServer(t, (_request, response) => {
      response.write('a')
      setTimeout(() => response.end('b'), 5)
    })
    const net = mesh()
      .service('orders', (s) => s.resolve(fixed([server.url])).http({ connections: 1 }))
      .build()
    t.after(() => net.close())
    const seen: unknown[] = []
    for (const name of ['first', 'second']) {
      await tracing.inSpan(name, async () => {
        const { body } = await net.request('http://orders/')
        body.on('data', () => {
          seen.push(api.context.active().getValue(suppressedKey))
          if (name === 'second') assert.notEqual((api.trace.getActiveSpan() as { name?: string } | undefined)?.name, 'first')
        })
        await new Promise((resolve) => body.on('end', resolve))
      })
    }
    assert.ok(seen.length >= 2)
    assert.ok(seen.every((suppressed) => suppressed === undefined))
  })

  test(`${line.name}: health checks are not traced`, async (t) => {
    const tracing = line.start(t)
    tracing.instrumentUndici()
    const checked: (readonly string[])[] = []
    const server = await httpServer(t, (request, response) => {
      if (request.url === '/healthz') checked.push(traceparents(request))
      response.end('ok')
    })
    const net = mesh()
      .service('orders', (s) => s.resolve(fixed([server.url])).healthCheck({ path: '/healthz' }))
      .build()
    t.after(() => net.close())
    for (let turn = 0; turn < 5_000 && checked.length === 0; turn += 1) await new Promise((resolve) => setTimeout(resolve, 2))
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.deepEqual(checked[0], [])
    assert.deepEqual(tracing.spans, [])
  })

  test(`${line.name}: an endpoint that cannot be reached is an error of its attempt, and the call goes on`, async (t) => {
    const tracing = line.start(t)
    const server = await httpServer(t, (_request, response) => response.end('ok'))
    const net = mesh()
      .service('orders', (s) =>
        s
          .resolve(
            fixed([
              { url: 'http://127.0.0.1:1', priority: 0 },
              { url: server.url, priority: 1 },
            ]),
          )
          .balance(primaryBackup()),
      )
      .build()
    t.after(() => net.close())
    await tracing.inSpan('root', async () => (await net.fetch('http://orders/')).text())
    const attempts = (await spansOf(tracing, 4)).filter(({ name }) => name === 'GET')
    assert.deepEqual(
      attempts.map((span) => span.attributes['error.type']),
      ['CONNECT_FAILED', undefined],
    )
  })
}

test('without an SDK the trace of a request is passed on through a server', async (t) => {
  const told: (readonly string[])[] = []
  const last = await httpServer(t, (request, response) => {
    told.push(traceparents(request))
    response.end('ok')
  })
  const net = mesh()
    .service('last', (s) => s.resolve(fixed([last.url])))
    .build()
  t.after(() => net.close())
  const middle = await httpServer(
    t,
    inbound(async (_request, response) => {
      response.end(await (await net.fetch('http://last/')).text())
    }),
  )
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  await (await net.fetch(middle.url, { headers: { traceparent } })).text()
  assert.deepEqual(told, [[traceparent]])
})
