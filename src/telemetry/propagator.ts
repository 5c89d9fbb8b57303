import { type HeaderList, headerOf } from '../call/header-list.ts'
import { isTraceHeader } from '../call/trace-headers.ts'
import type { OtelApi, OtelContext } from './otel-api.ts'
import type { TelemetrySettings } from './telemetry-options.ts'
import { baggageOf, remoteSpan, spanContextOf, withSpan } from './trace-context.ts'
import { readTrace, type TraceFormat, writeTrace } from './trace-format.ts'

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

  constructor({ propagate }: TelemetrySettings) {
    this.#propagate = propagate
  }

  /**
   * The headers of an attempt with its trace in place of any other.
   *
   * @param api what an SDK has registered.
   * @param context with the span of the attempt.
   * @param headers of the attempt.
   * @param carried the trace headers of the inbound request.
   */
  inject(api: OtelApi, context: OtelContext, headers: HeaderList, carried: HeaderList): HeaderList {
    const added: string[] = []
    if (this.#propagate === 'auto' && api.propagation !== undefined) api.propagation.inject(context, added, setter)
    else {
      const known = spanContextOf(context)
      const formats = this.#propagate === 'auto' ? w3c : this.#propagate
      if (known !== undefined) writeTrace(added, formats, known, baggageOf(context) ?? headerOf(carried, 'baggage'))
    }
    return added.length === 0 ? headers : replaced(headers, added)
  }

  /** A context in which the trace of these headers is the current one, if they carry one. */
  extract(api: OtelApi, context: OtelContext, headers: HeaderList): OtelContext {
    const { propagation } = api
    const own = this.#propagate === 'auto' && propagation !== undefined ? propagation.extract(context, headers, getter) : context
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
