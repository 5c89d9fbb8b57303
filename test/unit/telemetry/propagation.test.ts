import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ConfigError, fixed, inbound, inboundRequest, type MeshOptions, mesh, telemetryDefaults } from '../../../src/index.ts'
import { redactPath } from '../../../src/telemetry/redact-path.ts'
import { telemetrySettings } from '../../../src/telemetry/telemetry-options.ts'
import { readTrace, type TraceFormat, traceFormats, writeTrace } from '../../../src/telemetry/trace-format.ts'
import { fakeClock, scriptedTransport } from '../../../src/testing/index.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'
const parent = `00-${traceId}-${spanId}-01`

/** The trace headers that an attempt carries when its call is made in the service of a request. */
async function passedOn(
  request: Record<string, string>,
  telemetry?: MeshOptions['telemetry'],
  own: Record<string, string> = {},
): Promise<Record<string, string>> {
  const transport = scriptedTransport({ body: 'ok' })
  const net = mesh({ clock: fakeClock(), transport, telemetry })
    .service('orders', (s) => s.resolve(fixed(['http://10.0.0.1:8080'])))
    .build()
  const serve = inbound((_request: object) => net.fetch('http://orders/', { headers: own }))
  await serve({ headers: request })
  await net.close()
  const headers = transport.attempts[0]?.attempt.headers ?? []
  const found: Record<string, string> = {}
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase()
    if (/^(trace|baggage|b3|x-b3)/.test(name)) found[name] = headers[i + 1] as string
  }
  return found
}

test('without an SDK the trace of the inbound request is passed on as it came', async () => {
  const w3c = { traceparent: parent, tracestate: 'a=1,b=2', baggage: 'user=7;p' }
  assert.deepEqual(await passedOn(w3c), w3c)
  const b3 = { b3: `${traceId}-${spanId}-1-05e3ac9a4f6e3b90` }
  assert.deepEqual(await passedOn(b3), b3)
  const multi = { 'x-b3-traceid': traceId, 'x-b3-spanid': spanId, 'x-b3-sampled': '0' }
  assert.deepEqual(await passedOn(multi), multi)
})

test('without an SDK and without an inbound trace nothing is made up', async () => {
  assert.deepEqual(await passedOn({ 'x-other': '1' }), {})
})

test('without an SDK the formats that were asked for are written of whatever came in', async () => {
  assert.deepEqual(await passedOn({ b3: `${traceId}-${spanId}-1` }, { propagate: ['w3c', 'b3-multi'] }), {
    traceparent: parent,
    'x-b3-traceid': traceId,
    'x-b3-spanid': spanId,
    'x-b3-sampled': '1',
  })
})

test('without an SDK a decision that only B3 knows is passed on in both of its forms: debug, and none yet', async () => {
  const [id, ids] = [`${traceId}-${spanId}`, { 'x-b3-traceid': traceId, 'x-b3-spanid': spanId }]
  const decisions = [
    { single: { b3: `${id}-d` }, multi: { ...ids, 'x-b3-flags': '1' }, flags: '01' },
    { single: { b3: id }, multi: ids, flags: '00' },
  ] as const
  for (const { single, multi, flags } of decisions) {
    for (const request of [single, multi]) {
      assert.deepEqual(await passedOn(request, { propagate: ['b3'] }), single)
      assert.deepEqual(await passedOn(request, { propagate: ['b3-multi'] }), multi)
      assert.deepEqual(await passedOn(request, { propagate: ['w3c'] }), { traceparent: `00-${id}-${flags}` })
    }
  }
})

test('a trace that the caller wrote stays, and telemetry: false adds none', async () => {
  const own = { traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-00` }
  assert.deepEqual(await passedOn({ traceparent: parent, tracestate: 'a=1', baggage: 'k=v' }, undefined, own), { ...own, baggage: 'k=v' })
  assert.deepEqual(await passedOn({ traceparent: parent }, false), {})
})

test('inboundRequest() shows the trace headers', () => {
  const read = inbound((_request: object) => inboundRequest()?.trace)
  assert.deepEqual(read({ headers: { traceparent: parent, other: 'x' } }), ['traceparent', parent])
  assert.deepEqual(read({ headers: {} }), [])
})

test('what is not a trace is not read as one', () => {
  const bad = [
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `${parent}, ${parent}`,
    'nonsense',
    '',
  ]
  for (const value of bad) assert.equal(readTrace(['traceparent', value]), undefined, value)
  for (const value of ['0', 'x-y', `${traceId}`, `${'0'.repeat(32)}-${spanId}-1`]) assert.equal(readTrace(['b3', value]), undefined, value)
  assert.equal(readTrace(['x-b3-traceid', traceId]), undefined)
})

test('a later version of traceparent and a short trace id of B3 are read', () => {
  assert.equal(readTrace(['traceparent', `cc-${traceId}-${spanId}-01-what-comes`])?.traceId, traceId)
  assert.equal(readTrace(['b3', `${'a'.repeat(16)}-${spanId}-d`])?.traceId, `${'0'.repeat(16)}${'a'.repeat(16)}`)
})

test('whatever is written in a format is read from it again', () => {
  const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length - 1}}[1-9a-f]$`))
  fc.assert(
    fc.property(
      hex(32),
      hex(16),
      fc.constantFrom(0, 1),
      fc.constantFrom<TraceFormat>(...traceFormats),
      (trace, span, traceFlags, format) => {
        const headers: string[] = []
        writeTrace(headers, [format], { traceId: trace, spanId: span, traceFlags }, undefined)
        assert.deepEqual(readTrace(headers), { traceId: trace, spanId: span, traceFlags, isRemote: true })
      },
    ),
  )
})

test('secrets in a query are not shown, however their names are written', () => {
  const { redact } = telemetrySettings({ redact: ['Ticket'] })
  assert.equal(redactPath('/a', redact), '/a')
  assert.equal(redactPath('/a?b=1&c', redact), '/a?b=1&c')
  assert.equal(redactPath('/a?X-Amz-Signature=s&b=1&SIG=2', redact), '/a?X-Amz-Signature=REDACTED&b=1&SIG=REDACTED')
  assert.equal(redactPath('/a?ticket=1&%74oken=2&%zz=3', redact), '/a?ticket=REDACTED&%74oken=REDACTED&%zz=3')
})

test('the defaults of telemetry', () => {
  const { redact, ...rest } = telemetryDefaults
  assert.deepEqual(rest, { propagate: 'auto', callSpan: 'when-needed' })
  assert.ok(redact.includes('x-amz-signature') && redact.every((name) => name === name.toLowerCase()))
})

test('wrong options of telemetry are told with what was expected and what came', () => {
  const problemsOf = (telemetry: unknown) => {
    try {
      mesh({ telemetry: telemetry as never }).build()
    } catch (error) {
      assert.ok(ConfigError.is(error))
      return error.problems.map(({ path, expected, received }) => `${path}: ${expected}, ${received}`)
    }
    assert.fail('expected an error')
  }
  assert.deepEqual(problemsOf({ propagate: ['b4'], callSpan: 'sometimes', redact: 'key' }), [
    `telemetry.propagate: 'auto', or a list of 'w3c', 'b3', 'b3-multi', [ 'b4' ]`,
    `telemetry.callSpan: one of 'when-needed', 'always', 'never', "sometimes"`,
    `telemetry.redact: a list of names of query parameters, "key"`,
  ])
  assert.match(problemsOf({ format: 1 })[0] ?? '', /^telemetry\.format: one of the options propagate, callSpan, redact/)
})
