import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, mesh, type TelemetryOptions } from '../../src/index.ts'
import { scriptedTransport } from '../../src/testing/index.ts'
import { sdkLines } from '../fixtures/otel-lines.ts'

const traceId = 'a'.repeat(32)
const spanId = 'b'.repeat(16)

/** A request of somebody who forwards the headers that it got: a trace that is not the one of the span which is active. */
const forwarded = {
  traceparent: `00-${traceId}-${spanId}-01`,
  tracestate: 'vendor=old',
  baggage: 'mine=1',
  b3: `${traceId}-${spanId}-1`,
  'X-B3-TraceId': traceId,
  'x-b3-spanid': spanId,
  'x-b3-parentspanid': 'c'.repeat(16),
  'x-b3-sampled': '1',
  'x-b3-flags': '1',
  'x-other': 'stays',
}

const written: Readonly<Record<string, readonly string[]>> = {
  auto: ['traceparent'],
  w3c: ['traceparent'],
  b3: ['b3'],
  'b3-multi': ['x-b3-traceid', 'x-b3-spanid', 'x-b3-sampled'],
}

for (const line of sdkLines) {
  for (const [format, names] of Object.entries(written)) {
    test(`${line.name}: no header of another trace goes along with a trace written as ${format}`, async (t) => {
      const tracing = line.start(t)
      const transport = scriptedTransport({ body: 'ok' })
      const propagate = (format === 'auto' ? 'auto' : [format]) as TelemetryOptions['propagate']
      await using net = mesh({ transport, telemetry: { propagate } })
        .service('orders', (s) => s.resolve(fixed(['http://10.0.0.1:8080'])))
        .build()
      await tracing.inSpan('root', () => net.fetch('http://orders/', { headers: forwarded }))
      const headers = transport.attempts[0]?.attempt.headers ?? []
      const told = headers.filter((_text, i) => i % 2 === 0).map((name) => name.toLowerCase())
      const traces = told.filter((name) => /^(traceparent|tracestate|b3|x-b3-.*)$/.test(name))
      assert.deepEqual(traces.sort(), [...names].sort())
      assert.ok(!headers.some((text) => text.includes(traceId)), 'the old trace is gone')
      // Baggage is no trace: the caller's stays where there is no other.
      assert.deepEqual(
        told.filter((name) => name === 'baggage' || name === 'x-other'),
        ['baggage', 'x-other'],
      )
    })
  }
}
