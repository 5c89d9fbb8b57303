import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, mesh, roundRobin, type ServiceDraft } from '../../../src/index.ts'
import { fakeClock, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'
import { sdkLines } from '../../fixtures/otel-lines.ts'

const one = 'http://10.0.0.1:8080'
const two = 'http://10.0.0.2:8080'

type Script = Parameters<typeof scriptedTransport>[0]

function meshOf(script: Script, configure: (s: ServiceDraft) => unknown = (s) => s, options: Parameters<typeof mesh>[0] = {}) {
  const clock = fakeClock()
  const transport = scriptedTransport(script)
  const net = mesh({ clock, transport, random: seededRandom('spans'), ...options })
    .service('orders', (s) => (configure(s) as ServiceDraft).resolve(fixed([one, two])).balance(roundRobin()))
    .build()
  return { clock, transport, net }
}

/** Fails once, then answers. */
function flaky(): Script {
  let failures = 1
  return () => (failures-- > 0 ? { status: 503 } : { body: 'ok' })
}

function headerOf(headers: readonly string[], name: string): readonly string[] {
  return headers.flatMap((text, i) => (i % 2 === 0 && text.toLowerCase() === name ? [headers[i + 1] as string] : []))
}

for (const line of sdkLines) {
  test(`${line.name}: a call of one attempt has one span, a child of the caller's, and the server is told of it`, async (t) => {
    const tracing = line.start(t)
    const { net, transport } = meshOf({ body: 'ok' })
    await tracing.inSpan('checkout', async () => {
      await (await net.fetch('http://orders/v1/42?page=2&token=secret', { method: 'GET' })).text()
    })
    const [attempt, root] = tracing.spans
    assert.deepEqual(
      tracing.spans.map(({ name }) => name),
      ['GET', 'checkout'],
    )
    assert.equal(attempt?.kind, tracing.api.SpanKind.CLIENT)
    assert.equal(attempt?.parentSpanContext?.spanId, root?.spanContext().spanId)
    const endpoint = transport.attempts[0]?.endpoint ?? assert.fail()
    assert.deepEqual(attempt?.attributes, {
      'http.request.method': 'GET',
      'server.address': 'orders',
      'server.port': 80,
      'url.full': 'http://orders/v1/42?page=2&token=REDACTED',
      'proxyless.service': 'orders',
      'proxyless.endpoint': endpoint.address,
      'network.peer.address': endpoint.hostname,
      'network.peer.port': 8080,
      'http.response.status_code': 200,
      'proxyless.verdict': 'success',
    })
    assert.equal(attempt?.status.code, tracing.api.SpanStatusCode.UNSET)
    const { traceId, spanId } = attempt?.spanContext() ?? assert.fail()
    assert.deepEqual(headerOf(transport.attempts[0]?.attempt.headers ?? [], 'traceparent'), [`00-${traceId}-${spanId}-01`])
    await net.close()
  })

  test(`${line.name}: a repeated call has a span of its own from the second attempt on, with the back-off`, async (t) => {
    const tracing = line.start(t)
    const { net, transport, clock } = meshOf(flaky())
    const done = tracing.inSpan('checkout', () => net.fetch('http://orders/'))
    await clock.advance(1_000)
    await done
    const [first, second, call, root] = tracing.spans
    assert.deepEqual(
      tracing.spans.map(({ name }) => name),
      ['GET', 'GET', 'call orders', 'checkout'],
    )
    const rootId = root?.spanContext().spanId
    assert.equal(first?.parentSpanContext?.spanId, rootId)
    assert.equal(call?.parentSpanContext?.spanId, rootId)
    assert.equal(call?.kind, tracing.api.SpanKind.INTERNAL)
    assert.equal(call?.links[0]?.context.spanId, first?.spanContext().spanId)
    assert.equal(second?.parentSpanContext?.spanId, call?.spanContext().spanId)
    assert.equal(new Set(tracing.spans.map((span) => span.spanContext().traceId)).size, 1)
    assert.equal(first?.attributes['error.type'], '503')
    assert.equal(first?.status.code, tracing.api.SpanStatusCode.ERROR)
    assert.equal(first?.attributes['http.request.resend_count'], undefined)
    assert.equal(second?.attributes['http.request.resend_count'], 1)
    assert.equal(second?.attributes['proxyless.attempt'], 2)
    assert.equal(second?.status.code, tracing.api.SpanStatusCode.UNSET)
    assert.equal(call?.attributes['proxyless.attempts'], 2)
    assert.equal((call?.startTime[1] ?? 0) % 1e3, 0, 'Zipkin takes whole microseconds only')
    const [wait] = call?.events ?? []
    assert.equal(wait?.name, 'proxyless.waited')
    assert.equal(wait?.attributes?.['proxyless.wait.for'], 'the next attempt')
    assert.ok(Number(wait?.attributes?.['proxyless.wait.ms']) >= 1)
    for (const [i, span] of [first, second].entries()) {
      const sent = headerOf(transport.attempts[i]?.attempt.headers ?? [], 'traceparent')
      assert.deepEqual(sent, [`00-${span?.spanContext().traceId}-${span?.spanContext().spanId}-01`])
    }
    await net.close()
  })

  test(`${line.name}: a call in nobody's service begins one trace, however many attempts it takes`, async (t) => {
    const tracing = line.start(t)
    const { net, clock } = meshOf(flaky())
    const done = net.fetch('http://orders/')
    await clock.advance(1_000)
    await done
    const [first, second, call] = tracing.spans
    assert.deepEqual(
      tracing.spans.map(({ name, kind }) => [name, kind]),
      [
        ['GET', tracing.api.SpanKind.CLIENT],
        ['GET', tracing.api.SpanKind.CLIENT],
        ['call orders', tracing.api.SpanKind.INTERNAL],
      ],
    )
    assert.equal(new Set(tracing.spans.map((span) => span.spanContext().traceId)).size, 1)
    assert.equal(first?.parentSpanContext, undefined, 'the trace begins with the first attempt')
    assert.equal(call?.parentSpanContext?.spanId, first?.spanContext().spanId)
    assert.equal(call?.links[0]?.context.spanId, first?.spanContext().spanId)
    assert.equal(second?.parentSpanContext?.spanId, call?.spanContext().spanId)
    assert.equal(call?.attributes['proxyless.attempts'], 2)
    await net.close()
  })

  test(`${line.name}: a call in nobody's service that is answered at once, or fails without being repeated, has one span`, async (t) => {
    const tracing = line.start(t)
    let status = 200
    const { net } = meshOf(
      () => ({ status }),
      (s) => s.retry(false),
    )
    await (await net.fetch('http://orders/')).text()
    status = 503
    await (await net.fetch('http://orders/')).text()
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(
      tracing.spans.map(({ name, kind, attributes }) => [name, kind, attributes['http.response.status_code']]),
      [
        ['GET', tracing.api.SpanKind.CLIENT, 200],
        ['GET', tracing.api.SpanKind.CLIENT, 503],
      ],
    )
    assert.equal(new Set(tracing.spans.map((span) => span.spanContext().traceId)).size, 2)
    await net.close()
  })

  test(`${line.name}: a first attempt that began the trace ends when it failed, although its span is told of later`, async (t) => {
    const tracing = line.start(t)
    const { net, clock } = meshOf(flaky(), (s) => s.retry({ backoff: { kind: 'exponential', base: '200ms' } }))
    const failedBy = clock.wallTime() + 100
    const done = net.fetch('http://orders/')
    await clock.advance(100)
    assert.equal(tracing.spans.length, 0, 'nothing of the trace is over as long as it may go on')
    await clock.advance(900)
    await done
    const [seconds, nanoseconds] = tracing.spans[0]?.endTime ?? assert.fail()
    assert.equal(tracing.spans[0]?.attributes['http.response.status_code'], 503)
    assert.ok(seconds * 1e3 + nanoseconds / 1e6 <= failedBy, `${seconds} s`)
    await net.close()
  })

  test(`${line.name}: a call in nobody's service that waits before its first attempt has a span of its own from the start`, async (t) => {
    const tracing = line.start(t)
    const { net, clock } = meshOf({ body: 'ok' }, (s) => s.rateLimit({ permits: 1, per: '1s', burst: 1, overflow: 'queue' }))
    await net.fetch('http://orders/first')
    const done = net.fetch('http://orders/second')
    await clock.advance(1_000)
    await done
    const [, attempt, call] = tracing.spans
    assert.deepEqual(
      tracing.spans.map(({ name }) => name),
      ['GET', 'GET', 'call orders'],
    )
    assert.equal(call?.parentSpanContext, undefined)
    assert.equal(attempt?.parentSpanContext?.spanId, call?.spanContext().spanId)
    await net.close()
  })

  test(`${line.name}: without spans of calls, later attempts of a call in nobody's service stay in its trace`, async (t) => {
    const tracing = line.start(t)
    const { net, clock } = meshOf(flaky(), (s) => s, { telemetry: { callSpan: 'never' } })
    const done = net.fetch('http://orders/')
    await clock.advance(1_000)
    await done
    const [first, second] = tracing.spans
    assert.equal(tracing.spans.length, 2)
    assert.equal(second?.parentSpanContext?.spanId, first?.spanContext().spanId)
    await net.close()
  })

  test(`${line.name}: a hedged call in nobody's service stays in one trace`, async (t) => {
    const tracing = line.start(t)
    const { net, transport, clock } = meshOf('hang', (s) => s.hedge({ after: '100ms' }))
    const done = net.fetch('http://orders/')
    await transport.next()
    await clock.advance(100)
    const fast = await transport.next()
    fast.reply({ body: 'ok' })
    await done
    await clock.advance(10)
    assert.deepEqual(tracing.spans.map(({ name }) => name).toSorted(), ['GET', 'GET', 'call orders'])
    assert.equal(tracing.spans.filter((span) => span.parentSpanContext === undefined).length, 1)
    assert.equal(new Set(tracing.spans.map((span) => span.spanContext().traceId)).size, 1)
    await net.close()
  })

  test(`${line.name}: a redirected call without a caller's span stays in one trace and counts on`, async (t) => {
    const tracing = line.start(t)
    const { net } = meshOf((attempt) => (attempt.path === '/' ? { status: 302, headers: { location: '/there' } } : { body: 'ok' }))
    await net.fetch('http://orders/')
    assert.equal(tracing.spans.filter((span) => span.parentSpanContext === undefined).length, 1)
    const attempts = tracing.spans.filter(({ name }) => name === 'GET')
    assert.deepEqual(
      attempts.map((span) => span.attributes['http.request.resend_count']),
      [undefined, 1],
    )
    await net.close()
  })

  test(`${line.name}: a hedge is linked to the attempt that it runs beside, and the slower one is no error`, async (t) => {
    const tracing = line.start(t)
    const { net, transport, clock } = meshOf('hang', (s) => s.hedge({ after: '100ms' }))
    const done = tracing.inSpan('checkout', () => net.fetch('http://orders/'))
    const slow = await transport.next()
    await clock.advance(100)
    const fast = await transport.next()
    fast.reply({ body: 'ok' })
    await done
    await clock.advance(10)
    const attempts = tracing.spans.filter(({ name }) => name === 'GET')
    const won = attempts.find((span) => span.attributes['proxyless.endpoint'] === fast.endpoint.address)
    const lost = attempts.find((span) => span.attributes['proxyless.endpoint'] === slow.endpoint.address)
    assert.equal(attempts.length, 2)
    assert.equal(won?.links[0]?.context.spanId, lost?.spanContext().spanId)
    assert.equal(lost?.status.code, tracing.api.SpanStatusCode.UNSET)
    assert.equal(lost?.attributes['error.type'], undefined)
    assert.equal(lost?.attributes['proxyless.verdict'], 'ignored')
    await net.close()
  })

  test(`${line.name}: a caller that leaves is no error`, async (t) => {
    const tracing = line.start(t)
    const { net, transport } = meshOf('hang')
    const controller = new AbortController()
    const done = tracing.inSpan('checkout', () => net.fetch('http://orders/', { signal: controller.signal }))
    await transport.next()
    controller.abort()
    await assert.rejects(done)
    await new Promise((resolve) => setImmediate(resolve))
    const attempt = tracing.spans.find(({ name }) => name === 'GET')
    assert.equal(attempt?.status.code, tracing.api.SpanStatusCode.UNSET)
    assert.equal(attempt?.attributes['error.type'], undefined)
    await net.close()
  })

  test(`${line.name}: a call that is refused has a span that says why`, async (t) => {
    const tracing = line.start(t)
    const { net } = meshOf({ body: 'ok' }, (s) => s.rateLimit({ permits: 2, per: '1s', burst: 2 }))
    await tracing.inSpan('checkout', async () => {
      net.service('orders').circuit.force('open')
      await assert.rejects(net.fetch('http://orders/'))
      net.service('orders').circuit.force(undefined)
      await net.fetch('http://orders/')
      await assert.rejects(net.fetch('http://orders/'))
    })
    const refused = tracing.spans.filter(({ name }) => name === 'call orders')
    assert.equal(refused[0]?.attributes['error.type'], 'CIRCUIT_OPEN')
    assert.equal(refused[0]?.events[0]?.name, 'proxyless.circuit_refused')
    assert.equal(refused[0]?.status.code, tracing.api.SpanStatusCode.ERROR)
    assert.equal(refused[1]?.attributes['error.type'], 'RATE_LIMITED')
    assert.equal(refused[1]?.events[0]?.name, 'proxyless.rate_limited')
    assert.equal(refused.length, 2)
    await net.close()
  })

  test(`${line.name}: what is not sampled is told to the server as such, and nothing is built for it`, async (t) => {
    const tracing = line.start(t, { sampled: false })
    const { net, transport } = meshOf({ body: 'ok' })
    await net.fetch('http://orders/?token=x')
    assert.equal(tracing.spans.length, 0)
    assert.match(headerOf(transport.attempts[0]?.attempt.headers ?? [], 'traceparent')[0] ?? '', /^00-[\da-f]{32}-[\da-f]{16}-00$/)
    await net.close()
  })

  test(`${line.name}: the mesh writes the formats that it is asked for, baggage included, with or without a propagator`, async (t) => {
    const tracing = line.start(t, { propagator: false })
    const { net, transport } = meshOf({ body: 'ok' }, (s) => s, { telemetry: { propagate: ['w3c', 'b3', 'b3-multi'] } })
    const { api } = tracing
    const baggage = api.propagation.createBaggage({ user: { value: 'a b' } })
    await api.context.with(api.propagation.setBaggage(api.context.active(), baggage), () =>
      net.fetch('http://orders/', { headers: { Traceparent: '00-stale' } }),
    )
    const { traceId, spanId } = tracing.spans.find(({ name }) => name === 'GET')?.spanContext() ?? assert.fail()
    const headers = transport.attempts[0]?.attempt.headers ?? []
    const told = Object.fromEntries(
      ['traceparent', 'baggage', 'b3', 'x-b3-traceid', 'x-b3-spanid', 'x-b3-sampled'].map((name) => [name, headerOf(headers, name)]),
    )
    assert.deepEqual(told, {
      traceparent: [`00-${traceId}-${spanId}-01`],
      baggage: ['user=a%20b'],
      b3: [`${traceId}-${spanId}-1`],
      'x-b3-traceid': [traceId],
      'x-b3-spanid': [spanId],
      'x-b3-sampled': ['1'],
    })
    await net.close()
  })

  test(`${line.name}: without a context manager a trace that the caller wrote into the headers goes on`, async (t) => {
    const tracing = line.start(t, { context: false })
    const { net, transport } = meshOf({ body: 'ok' })
    const traceId = 'a'.repeat(32)
    await net.fetch('http://orders/', { headers: { traceparent: `00-${traceId}-${'b'.repeat(16)}-01`, tracestate: 'x=1' } })
    const [attempt] = tracing.spans
    assert.equal(attempt?.parentSpanContext?.spanId, 'b'.repeat(16))
    const headers = transport.attempts[0]?.attempt.headers ?? []
    assert.deepEqual(headerOf(headers, 'traceparent'), [`00-${traceId}-${attempt?.spanContext().spanId}-01`])
    assert.deepEqual(headerOf(headers, 'tracestate'), ['x=1'])
    await net.close()
  })

  test(`${line.name}: policies run in the context of the attempt's span, and telemetry: false leaves all alone`, async (t) => {
    const tracing = line.start(t)
    const seen: (string | undefined)[] = []
    const watch = (s: ServiceDraft) =>
      s.use({
        name: 'watch',
        scope: 'attempt',
        layer: () => (next) => (attempt) => {
          seen.push(tracing.api.trace.getActiveSpan()?.spanContext().spanId)
          return next(attempt)
        },
      })
    const on = meshOf({ body: 'ok' }, watch)
    await on.net.fetch('http://orders/')
    const off = meshOf({ body: 'ok' }, watch, { telemetry: false })
    await off.net.fetch('http://orders/')
    assert.equal(seen[0], tracing.spans.find(({ name }) => name === 'GET')?.spanContext().spanId)
    assert.equal(seen[1], undefined)
    assert.deepEqual(headerOf(off.transport.attempts[0]?.attempt.headers ?? [], 'traceparent'), [])
    await on.net.close()
    await off.net.close()
  })
}
