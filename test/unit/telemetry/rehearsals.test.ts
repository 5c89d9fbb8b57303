import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, inbound, mesh } from '../../../src/index.ts'
import { fakeClock, scriptedTransport } from '../../../src/testing/index.ts'
import { sdkLines } from '../../fixtures/otel-lines.ts'

const one = 'http://10.0.0.1:8080'
const two = 'http://10.0.0.2:8080'

function mirrored() {
  const clock = fakeClock()
  const transport = scriptedTransport({ body: 'ok' })
  const net = mesh({ clock, transport })
    .service('orders', (s) => s.resolve(fixed([one])).mirror({ to: 'copies' }))
    .service('copies', (s) => s.resolve(fixed([two])))
    .build()
  return { clock, transport, net }
}

for (const line of sdkLines) {
  test(`${line.name}: the span of an attempt tells the faults that were put into it`, async (t) => {
    const tracing = line.start(t)
    const clock = fakeClock()
    const net = mesh({ clock, transport: scriptedTransport({ body: 'four score' }) })
      .service('orders', (s) =>
        s
          .resolve(fixed([one]))
          .retry(false)
          .fault({ delay: { share: 1, time: '30ms' }, cutBody: { share: 1, afterBytes: 4 } }),
      )
      .build()
    const response = await clock.until(tracing.inSpan('checkout', () => net.fetch('http://orders/')))
    await assert.rejects(response.text())
    const [attempt] = tracing.spans
    assert.deepEqual(
      attempt?.events.map(({ name, attributes }) => [name, attributes]),
      [
        ['proxyless.fault_injected', { 'proxyless.fault': 'delay', 'proxyless.fault.detail': '30 ms', 'proxyless.fault.by': 'share' }],
        [
          'proxyless.fault_injected',
          { 'proxyless.fault': 'cut-body', 'proxyless.fault.detail': 'after 4 bytes', 'proxyless.fault.by': 'share' },
        ],
      ],
    )
    await net.close()
  })

  test(`${line.name}: a copy has spans of its own in the trace of its original, which say what it is`, async (t) => {
    const tracing = line.start(t)
    const { clock, net, transport } = mirrored()
    await clock.until(net.fetch('http://orders/'))
    await clock.advance(10)
    const attempts = tracing.spans.filter(({ name }) => name === 'GET')
    assert.deepEqual(attempts.map(({ attributes }) => [attributes['proxyless.service'], attributes['proxyless.mirrored']]).toSorted(), [
      ['copies', true],
      ['orders', undefined],
    ])
    assert.equal(new Set(tracing.spans.map((span) => span.spanContext().traceId)).size, 1)
    assert.equal(new Set(attempts.map((span) => span.spanContext().spanId)).size, 2)
    const sent = transport.attempts.map((far) => far.header('traceparent'))
    assert.equal(new Set(sent).size, 2)
    await net.close()
  })
}

test('a copy is not cut short by the deadline of the inbound request, and carries its trace', async () => {
  const { clock, net, transport } = mirrored()
  transport.answer((far) => (far.endpoint.address === two ? { latencyMs: 400, body: 'copy' } : { body: 'ok' }))
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const handler = inbound(async (_request: object) => (await net.fetch('http://orders/')).status, { clock })
  assert.equal(await clock.until(handler({ headers: { 'x-proxyless-deadline-ms': '100', traceparent } })), 200)
  await clock.advance(500)
  const copy = transport.attempts.find(({ endpoint }) => endpoint.address === two)
  assert.equal(copy?.header('traceparent'), traceparent)
  assert.deepEqual([net.snapshot().services.orders?.mirror?.answered, net.snapshot().services.orders?.mirror?.failed], [1, 0])
  await net.close()
})
