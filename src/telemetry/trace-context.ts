/**
 * Contexts as OpenTelemetry's API keeps them. Its keys are registered symbols, so that copies of it understand each other; so do we.
 */
import type { OtelApi, OtelContext, OtelSpan, OtelSpanContext } from './otel-api.ts'

const spanKey = Symbol.for('OpenTelemetry Context Key SPAN')
const baggageKey = Symbol.for('OpenTelemetry Baggage Key')
const suppressedKey = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

/** The id by which OpenTelemetry says that there is no trace. */
const noTrace = '0'.repeat(32)

/** A context for programs without a context manager. */
class PlainContext implements OtelContext {
  readonly #values: ReadonlyMap<symbol, unknown>

  constructor(values: ReadonlyMap<symbol, unknown>) {
    this.#values = values
  }

  getValue(key: symbol): unknown {
    return this.#values.get(key)
  }

  setValue(key: symbol, value: unknown): OtelContext {
    return new PlainContext(new Map(this.#values).set(key, value))
  }

  deleteValue(key: symbol): OtelContext {
    const values = new Map(this.#values)
    values.delete(key)
    return new PlainContext(values)
  }
}

/** The context of programs without a context manager: an empty one. */
export const rootContext: OtelContext = new PlainContext(new Map())

/**
 * A context with one value more. It points at the one that it was made of: the API's own would copy all of its values, and an attempt needs two
 * such contexts. Whoever sets another value gets a context of the API's own kind, so that no chain grows.
 */
class LinkedContext implements OtelContext {
  readonly #parent: OtelContext
  readonly #key: symbol
  readonly #value: unknown

  constructor(parent: OtelContext, key: symbol, value: unknown) {
    this.#parent = parent
    this.#key = key
    this.#value = value
  }

  getValue(key: symbol): unknown {
    return key === this.#key ? this.#value : this.#parent.getValue(key)
  }

  setValue(key: symbol, value: unknown): OtelContext {
    return this.#parent.setValue(this.#key, this.#value).setValue(key, value)
  }

  deleteValue(key: symbol): OtelContext {
    return this.#parent.setValue(this.#key, this.#value).deleteValue(key)
  }
}

/** The context that code runs in; an empty one without a context manager. */
export function activeContext(api: OtelApi): OtelContext {
  return api.context?.active() ?? rootContext
}

/** The span of a context that is one of a trace. */
export function spanContextOf(context: OtelContext): OtelSpanContext | undefined {
  const known = (context.getValue(spanKey) as OtelSpan | undefined)?.spanContext()
  return known === undefined || !isValid(known) ? undefined : known
}

/** Whether a span is one of a trace. */
export function isValid(known: OtelSpanContext): boolean {
  return known.traceId !== noTrace
}

/** A context in which a span is the current one. */
export function withSpan(context: OtelContext, span: Pick<OtelSpan, 'spanContext'>): OtelContext {
  return new LinkedContext(context, spanKey, span)
}

/** A context in which no span is the current one. */
export function withoutSpan(context: OtelContext): OtelContext {
  return context.deleteValue(spanKey)
}

/** What stands for the span of somebody else. */
export function remoteSpan(known: OtelSpanContext): Pick<OtelSpan, 'spanContext' | 'isRecording'> {
  return { spanContext: () => known, isRecording: () => false }
}

/** The span of a context, as whoever made it knows it. */
export function spanOf(context: OtelContext): unknown {
  return context.getValue(spanKey)
}

/** Whether somebody wants nothing traced. */
export function isSuppressed(context: OtelContext): boolean {
  return context.getValue(suppressedKey) === true
}

/** A context in which nothing is traced: instrumentations below make no span and send no header. */
export function suppressed(context: OtelContext): OtelContext {
  return new LinkedContext(context, suppressedKey, true)
}

/** Whether a context has baggage, be it empty. */
export function hasBaggage(context: OtelContext): boolean {
  return context.getValue(baggageKey) !== undefined
}

interface Baggage {
  getAllEntries(): readonly [string, { readonly value: string; readonly metadata?: { toString(): string } }][]
}

/** The baggage of a context, as its header says it; `undefined` for none. */
export function baggageOf(context: OtelContext): string | undefined {
  const entries = (context.getValue(baggageKey) as Baggage | undefined)?.getAllEntries()
  if (entries === undefined || entries.length === 0) return undefined
  return entries
    .map(([name, { value, metadata }]) => {
      const pair = `${encodeURIComponent(name)}=${encodeURIComponent(value)}`
      return metadata === undefined ? pair : `${pair};${metadata.toString()}`
    })
    .join(',')
}
