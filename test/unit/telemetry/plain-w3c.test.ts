import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fixed, mesh } from '../../../src/index.ts'
import type { OtelApi, OtelContext, OtelSpan, OtelSpanContext } from '../../../src/telemetry/otel-api.ts'
import { isPlainW3c } from '../../../src/telemetry/plain-w3c.ts'
import { Propagator } from '../../../src/telemetry/propagator.ts'
import { telemetrySettings } from '../../../src/telemetry/telemetry-options.ts'
import { rootContext, withSpan } from '../../../src/telemetry/trace-context.ts'
import { fakeClock, scriptedTransport } from '../../../src/testing/index.ts'
import { type SdkLine, sdkLines } from '../../fixtures/otel-lines.ts'

type Propagation = NonNullable<OtelApi['propagation']>
type Setter = Parameters<Propagation['inject']>[2]

/** What an SDK registers when it sets up propagation. */
function propagationOf(line: SdkLine, t: Parameters<SdkLine['start']>[0]): Propagation {
  line.start(t)
  return (globalThis as unknown as Record<symbol, OtelApi>)[Symbol.for('opentelemetry.js.api.1')]?.propagation as Propagation
}

function partsOf(propagation: Propagation): Propagation[] {
  return (propagation as unknown as { _propagators: Propagation[] })._propagators
}

function composite(...parts: unknown[]): Propagation {
  class CompositePropagator {
    _propagators = parts as Propagation[]
    inject(context: OtelContext, carrier: never, setter: Setter): void {
      for (const part of this._propagators) part.inject(context, carrier, setter as never)
    }
    extract(context: OtelContext): OtelContext {
      return context
    }
  }
  return new CompositePropagator()
}

class W3CTraceContextPropagator {
  inject(_context: OtelContext, carrier: string[], setter: { set(list: string[], name: string, value: string): void }): void {
    setter.set(carrier, 'traceparent', '00-0')
  }
  extract(context: OtelContext): OtelContext {
    return context
  }
}

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length }).filter((text) => !/^0+$/.test(text))

const toList: { set(list: string[], name: string, value: string): void } = { set: (list, name, value) => void list.push(name, value) }

/** Headers by name, whatever their order. */
function told(headers: readonly string[]): Record<string, string> {
  return Object.fromEntries(headers.flatMap((text, i) => (i % 2 === 0 ? [[text.toLowerCase(), headers[i + 1] as string]] : [])))
}

/** The headers that one call carries, made in a context. */
async function sentIn(line: SdkLine, t: Parameters<SdkLine['start']>[0], register: object, baggage: boolean, own = {}) {
  const tracing = line.start(t, { propagator: false })
  const { api } = tracing
  api.propagation.setGlobalPropagator(register as never)
  const transport = scriptedTransport({ body: 'ok' })
  const net = mesh({ clock: fakeClock(), transport })
    .service('orders', (s) => s.resolve(fixed(['http://10.0.0.1:8080'])))
    .build()
  await tracing.inSpan('checkout', () => {
    const active = api.context.active()
    const context = baggage ? api.propagation.setBaggage(active, api.propagation.createBaggage({ user: { value: '7' } })) : active
    return api.context.with(context, () => net.fetch('http://orders/', { headers: own }))
  })
  await net.close()
  const span = tracing.spans.find(({ name }) => name === 'GET')?.spanContext() ?? assert.fail()
  return { headers: told(transport.attempts[0]?.attempt.headers ?? []), parent: `00-${span.traceId}-${span.spanId}-01` }
}

for (const line of sdkLines) {
  test(`${line.name}: its own propagators are known, alone and together`, (t) => {
    const both = propagationOf(line, t)
    const [trace, baggage] = partsOf(both)
    assert.equal(isPlainW3c(both), true)
    assert.equal(isPlainW3c(trace as Propagation), true)
    assert.equal(isPlainW3c(baggage as Propagation), false)
  })

  test(`${line.name}: a propagator of the program's own is not taken for one of them`, (t) => {
    const [trace] = partsOf(propagationOf(line, t)) as [Propagation]
    const custom = { inject: () => {}, extract: (context: OtelContext) => context }
    const patched = Object.assign(Object.create(Object.getPrototypeOf(trace)), { inject: trace.inject })
    assert.equal(isPlainW3c(composite(trace)), true)
    assert.equal(isPlainW3c(composite(trace, custom)), false)
    assert.equal(isPlainW3c(composite(trace, trace)), false)
    assert.equal(isPlainW3c(composite()), false)
    assert.equal(isPlainW3c(custom as Propagation), false)
    assert.equal(isPlainW3c(patched), false)
    assert.equal(isPlainW3c(new W3CTraceContextPropagator() as Propagation), false)
  })

  test(`${line.name}: what the mesh writes is what the propagator would write`, (t) => {
    const propagation = propagationOf(line, t)
    const contexts = fc.record(
      { traceId: hex(32), spanId: hex(16), traceFlags: fc.nat(15), traceState: fc.constantFrom('a=1', 'a=1,b=2') },
      { requiredKeys: ['traceId', 'spanId', 'traceFlags'] },
    )
    const propagator = new Propagator(telemetrySettings())
    fc.assert(
      fc.property(contexts, ({ traceState, ...rest }) => {
        const known: OtelSpanContext = traceState === undefined ? rest : { ...rest, traceState: { serialize: () => traceState } }
        const span = { spanContext: () => known } as OtelSpan
        const theirs: string[] = []
        propagation.inject(withSpan(rootContext, span), theirs, toList)
        const asked: unknown[] = []
        const watched = { ...propagation, inject: (...given: never[]) => asked.push(given) } as unknown as Propagation
        assert.deepEqual(propagator.inject({ propagation } as OtelApi, rootContext, span, ['a', 'b'], []), ['a', 'b', ...theirs])
        new Propagator(telemetrySettings()).inject({ propagation: watched } as OtelApi, rootContext, span, [], [])
        assert.equal(asked.length, 1, 'one that cannot be known is asked')
      }),
    )
  })

  test(`${line.name}: baggage goes with the trace, and a trace that the caller wrote gives way as a whole`, async (t) => {
    const known = propagationOf(line, t)
    const stale = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'stale=1' }
    const without = await sentIn(line, t, known, false, stale)
    assert.deepEqual(
      [without.headers.traceparent, without.headers.tracestate, without.headers.baggage],
      [without.parent, undefined, undefined],
    )
    const withBaggage = await sentIn(line, t, known, true)
    assert.deepEqual([withBaggage.headers.traceparent, withBaggage.headers.baggage], [withBaggage.parent, 'user=7'])
  })

  test(`${line.name}: a propagator of the program's own is asked for every attempt, with the span of the attempt`, async (t) => {
    const { api } = line.start(t)
    const custom = {
      inject: (context: never, carrier: object, setter: Setter) =>
        setter.set(carrier, 'x-span', api.trace.getSpan(context)?.spanContext().spanId ?? 'none'),
      extract: (context: unknown) => context,
      fields: () => ['traceparent', 'tracestate'],
    }
    const { headers, parent } = await sentIn(line, t, custom, false)
    assert.equal(headers['x-span'], parent.split('-')[2])
    assert.equal(headers.traceparent, undefined)
  })
}
