import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, mesh, type ServiceDraft } from '../../../src/index.ts'
import { accessLog } from '../../../src/telemetry/access-log.ts'
import type { OtelContext, OtelSpan } from '../../../src/telemetry/otel-api.ts'
import { telemetrySettings } from '../../../src/telemetry/telemetry-options.ts'
import { isSuppressed, spanContextOf, spanOf, suppressed, withSpan } from '../../../src/telemetry/trace-context.ts'
import { fakeClock, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'
import { sdkLines } from '../../fixtures/otel-lines.ts'

type Script = Parameters<typeof scriptedTransport>[0]

/** A mesh whose transport, once asked for an answer, says in which context it was called. */
function watched(reply: () => Script, seen: () => unknown, configure: (s: ServiceDraft) => unknown = (s) => s) {
  const clock = fakeClock()
  const seenByWire: unknown[] = []
  const transport = scriptedTransport(() => {
    seenByWire.push(seen())
    return reply() as 'hang'
  })
  const net = mesh({ clock, transport, random: seededRandom('contexts') })
    .service('orders', (s) => (configure(s) as ServiceDraft).resolve(fixed(['http://10.0.0.1:8080', 'http://10.0.0.2:8080'])))
    .build()
  return { clock, net, seenByWire }
}

for (const line of sdkLines) {
  for (const policies of [0, 1]) {
    test(`${line.name}: the wire works in the context of its attempt, where nothing is traced, with ${policies} attempt policies`, async (t) => {
      const tracing = line.start(t)
      const { api } = tracing
      const key = api.createContextKey('own')
      const { net, clock, seenByWire } = watched(
        () => 'hang',
        () => [
          api.trace.getActiveSpan()?.spanContext().spanId,
          isSuppressed(api.context.active() as OtelContext),
          api.context.active().getValue(key),
        ],
        (s) =>
          (policies === 0 ? s : s.use({ name: 'nothing', scope: 'attempt', layer: () => (next) => (attempt) => next(attempt) })).hedge({
            after: '100ms',
          }),
      )
      const controller = new AbortController()
      const done = tracing.inSpan('checkout', () =>
        api.context.with(api.context.active().setValue(key, 'mine'), () => net.fetch('http://orders/', { signal: controller.signal })),
      )
      await clock.advance(100)
      controller.abort()
      await assert.rejects(done)
      await clock.advance(1)
      const attempts = tracing.spans.filter(({ name }) => name === 'GET').map((span) => span.spanContext().spanId)
      assert.equal(attempts.length, 2)
      assert.deepEqual(
        new Set(seenByWire.map((each) => JSON.stringify(each))),
        new Set(attempts.map((id) => JSON.stringify([id, true, 'mine']))),
      )
      await net.close()
    })
  }

  test(`${line.name}: contexts that the mesh makes are contexts to the API`, (t) => {
    const { api, tracer } = line.start(t)
    const [one, two] = [api.createContextKey('one'), api.createContextKey('two')]
    const span = tracer.startSpan('any')
    const base = api.ROOT_CONTEXT.setValue(one, 1)
    const made = suppressed(withSpan(base as OtelContext, span as unknown as OtelSpan)) as unknown as typeof base
    assert.equal(api.trace.getSpan(made), span)
    assert.equal(made.getValue(one), 1)
    const more = made.setValue(two, 2).deleteValue(one)
    assert.deepEqual([more.getValue(one), more.getValue(two), api.trace.getSpan(more)], [undefined, 2, span])
    assert.equal(isSuppressed(more as OtelContext), true)
    assert.equal(api.trace.getSpan(api.trace.deleteSpan(made)), undefined)
    assert.equal(spanOf(base as OtelContext), undefined)
    assert.equal(spanContextOf(made as OtelContext)?.spanId, span.spanContext().spanId)
    assert.equal(
      api.context.with(made, () => api.trace.getActiveSpan()),
      span,
    )
    span.end()
  })

  test(`${line.name}: a call that waits for nothing, and has a second attempt, has a span that ends before the caller goes on`, async (t) => {
    const tracing = line.start(t)
    const replies: Script[] = [{ body: 'warm' }, { status: 503 }, { body: 'ok' }]
    const { net, clock } = watched(
      () => replies.shift() as Script,
      () => undefined,
    )
    await tracing.inSpan('warm', () => net.fetch('http://orders/'))
    const done = tracing.inSpan('checkout', () => net.fetch('http://orders/'))
    await clock.advance(1_000)
    await done
    const names = tracing.spans.map(({ name }) => name)
    assert.deepEqual(names, ['GET', 'warm', 'GET', 'GET', 'call orders', 'checkout'])
    const call = tracing.spans.find(({ name }) => name === 'call orders')
    assert.deepEqual([call?.attributes['proxyless.attempts'], call?.attributes['http.response.status_code']], [2, 200])
    await net.close()
  })

  for (const [when, warmUps] of [
    ['late', 1],
    ['at once', 0],
  ] as const) {
    test(`${line.name}: a span of a call that is heard of ${when} and cannot be ended fails no call, and is told`, async (t) => {
      const tracing = line.start(t)
      const replies: Script[] = [{ status: 503 }, { body: 'ok' }]
      const { net, clock } = watched(
        () => replies.shift() as Script,
        () => undefined,
      )
      const told: string[] = []
      net.on('part-threw', ({ part }) => void told.push(part))
      const { prototype } = tracing.tracer.startSpan('any').constructor as unknown as { prototype: { end(): void } }
      const { end } = prototype
      t.mock.method(prototype, 'end', function (this: { name: string }) {
        if (this.name.startsWith('call ')) throw new Error('a processor threw')
        end.call(this)
      })
      if (warmUps === 1) {
        replies.unshift({ body: 'warm' })
        await tracing.inSpan('warm', () => net.fetch('http://orders/'))
      }
      const done = tracing.inSpan('checkout', () => net.fetch('http://orders/'))
      await clock.advance(1_000)
      assert.equal((await done).status, 200)
      assert.deepEqual(told, ['tracing'])
      await net.close()
    })
  }
}

test('without an access log there is nothing of it in the chain', () => {
  assert.deepEqual(accessLog(telemetrySettings(), {} as never), [])
  assert.deepEqual(accessLog(undefined, {} as never), [])
})
