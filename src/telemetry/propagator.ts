import { type HeaderList, headerOf } from '../call/header-list.ts'
import { isTraceHeader } from '../call/trace-headers.ts'
import type { OtelApi, OtelContext, OtelSpan, OtelSpanContext } from './otel-api.ts'
import { isPlainW3c } from './plain-w3c.ts'
import type { TelemetrySettings } from './telemetry-options.ts'
import { baggageOf, hasBaggage, isValid, remoteSpan, spanContextOf, withSpan } from './trace-context.ts'
import { readTrace, type TraceFormat, writeTrace, writeW3c } from './trace-format.ts'

const w3c: readonly TraceFormat[] = Object.freeze(['w3c'])

const setter = {
  set(list: string[], name: string, value: string): void {
    list.push(name, value)
  },
}

const getter = {
  get: (list: HeaderList, name: string): string | undefined => headerOf(list, name.toLowerCase()),
  keys: (list: HeaderList): string[] => list.filter((_text, i) => i % 2 === 0),
}

/** Writes traces into the headers of requests, and reads them. */
export class Propagator {
  readonly #propagate: TelemetrySettings['propagate']
  #asked: OtelApi['propagation']
  #plain = false

  constructor({ propagate }: TelemetrySettings) {
    this.#propagate = propagate
  }

  /**
   * The headers of an attempt with its trace in place of any other.
   *
   * @param api what an SDK has registered.
   * @param parent what the span of the attempt is a child of.
   * @param span of the attempt.
   * @param headers of the attempt.
   * @param carried the trace headers of the inbound request.
   */
  inject(api: OtelApi, parent: OtelContext, span: OtelSpan, headers: HeaderList, carried: HeaderList): HeaderList {
    const added: string[] = []
    const { propagation } = api
    if (this.#propagate === 'auto' && propagation !== undefined) {
      if (this.#isPlain(propagation) && !hasBaggage(parent)) return withParent(headers, span.spanContext())
      propagation.inject(withSpan(parent, span), added, setter)
    } else {
      const known = spanContextOf(withSpan(parent, span))
      const formats = this.#propagate === 'auto' ? w3c : this.#propagate
      if (known !== undefined) writeTrace(added, formats, known, baggageOf(parent) ?? headerOf(carried, 'baggage'))
    }
    return added.length === 0 ? headers : replaced(headers, added)
  }

  /** Whether the program's propagator is one whose `traceparent` may as well be written here; found out once for each. */
  #isPlain(propagation: NonNullable<OtelApi['propagation']>): boolean {
    if (this.#asked !== propagation) {
      this.#asked = propagation
      this.#plain = isPlainW3c(propagation)
    }
    return this.#plain
  }

  /** A context in which the trace of these headers is the current one, if they carry one. */
  extract(api: OtelApi, context: OtelContext, headers: HeaderList): OtelContext {
    const { propagation } = api
    const asks = this.#propagate === 'auto' && propagation !== undefined && (hasTrace(headers) || !this.#isPlain(propagation))
    const own = asks ? propagation.extract(context, headers, getter) : context
    if (spanContextOf(own) !== undefined) return own
    const known = readTrace(headers)
    return known === undefined ? own : withSpan(own, remoteSpan(known))
  }

  /**
   * The headers of a call of a program without an SDK: with the trace of the inbound request, passed on. What the caller wrote stays.
   *
   * @param headers of the call.
   * @param carried the trace headers of the inbound request.
   */
  passOn(headers: HeaderList, carried: HeaderList): HeaderList {
    if (carried.length === 0 || this.#propagate === 'auto') return joined(headers, carried)
    const known = readTrace(carried)
    if (known === undefined) return headers
    const written: string[] = []
    writeTrace(written, this.#propagate, known, headerOf(carried, 'baggage'))
    return joined(headers, written)
  }
}

/** Whether a propagator for W3C Trace Context and baggage finds anything. */
function hasTrace(headers: HeaderList): boolean {
  return headerOf(headers, 'traceparent') !== undefined || headerOf(headers, 'baggage') !== undefined
}

/** Headers with this trace in place of any other, in whatever format that one is. */
function withParent(headers: HeaderList, known: OtelSpanContext): HeaderList {
  if (!isValid(known)) return headers
  const list: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    const written = headers[i] as string
    const name = written.toLowerCase()
    if (name === 'baggage' || !isTraceHeader(name)) list.push(written, headers[i + 1] as string)
  }
  writeW3c(list, known)
  return list
}

/** Headers with others in their place. A trace takes the place of any other, in whatever format that one is; baggage only that of baggage. */
function replaced(headers: HeaderList, added: HeaderList): HeaderList {
  const hasTrace = added.length > 2 || added[0] !== 'baggage'
  const list: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    const written = headers[i] as string
    const name = written.toLowerCase()
    if (hasTrace && name !== 'baggage' && isTraceHeader(name)) continue
    if (headerOf(added, name) === undefined) list.push(written, headers[i + 1] as string)
  }
  list.push(...added)
  return list
}

/** Headers, and with them those that they do not have. One trace: a caller that wrote its own means it as a whole, baggage aside. */
function joined(headers: HeaderList, added: HeaderList): HeaderList {
  const own = readTrace(headers) !== undefined
  let list: string[] | undefined
  for (let i = 0; i < added.length; i += 2) {
    const name = added[i] as string
    if ((own && name !== 'baggage') || headerOf(headers, name) !== undefined) continue
    list ??= [...headers]
    list.push(name, added[i + 1] as string)
  }
  return list ?? headers
}
