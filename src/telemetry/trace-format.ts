import { type HeaderList, headerOf } from '../call/header-list.ts'
import type { OtelSpanContext } from './otel-api.ts'

/**
 * How a trace is written into headers: `'w3c'` is `traceparent`, `tracestate` and `baggage`; `'b3'` is Zipkin's one header, `'b3-multi'` its
 * several. Sources: W3C Trace Context level 2, W3C Baggage, github.com/openzipkin/b3-propagation.
 */
export type TraceFormat = 'w3c' | 'b3' | 'b3-multi'

/** Every {@link TraceFormat}. */
export const traceFormats: readonly TraceFormat[] = Object.freeze(['w3c', 'b3', 'b3-multi'])

const parentSyntax = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/
const traceSyntax = /^(?:[\da-f]{16}){1,2}$/
const spanSyntax = /^[\da-f]{16}$/
const zeros = /^0*$/

/** A trace as headers told of it. */
export interface ReadTrace extends OtelSpanContext {
  /** What B3 can say, and flags cannot: that the trace is sampled whatever it costs, or that nobody has decided yet. */
  readonly b3?: 'debug' | 'undecided' | undefined
}

/** What another program said, which nobody here changes. */
class ForeignState {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  get(name: string): string | undefined {
    const member = this.#text.split(',').find((each) => each.trim().startsWith(`${name}=`))
    return member?.trim().slice(name.length + 1)
  }

  set(): this {
    return this
  }

  unset(): this {
    return this
  }

  serialize(): string {
    return this.#text
  }
}

/**
 * Reads the headers of a trace, in any format.
 *
 * @returns what they say; `undefined` when there is nothing, or nothing valid.
 */
export function readTrace(headers: HeaderList): ReadTrace | undefined {
  return readW3c(headers) ?? readB3(headers) ?? readB3Multi(headers)
}

function readW3c(headers: HeaderList): OtelSpanContext | undefined {
  const text = headerOf(headers, 'traceparent')
  if (text === undefined) return undefined
  const match = parentSyntax.exec(text.trim())
  if (match === null) return undefined
  const [, version, traceId, spanId, flags, rest] = match as unknown as [string, string, string, string, string, string | undefined]
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined
  const state = headerOf(headers, 'tracestate')
  return made(traceId, spanId, Number.parseInt(flags, 16), state)
}

function readB3(headers: HeaderList): ReadTrace | undefined {
  const text = headerOf(headers, 'b3')
  if (text === undefined) return undefined
  const [traceId = '', spanId = '', sampled] = text.trim().split('-')
  const known = made(traceId, spanId, sampled === '1' || sampled === 'd' ? 1 : 0)
  return withDecision(known, sampled === 'd', sampled === undefined)
}

function readB3Multi(headers: HeaderList): ReadTrace | undefined {
  const traceId = headerOf(headers, 'x-b3-traceid')
  if (traceId === undefined) return undefined
  const sampled = headerOf(headers, 'x-b3-sampled')
  const isDebug = headerOf(headers, 'x-b3-flags') === '1'
  const isSampled = sampled === '1' || sampled === 'true' || isDebug
  const known = made(traceId, headerOf(headers, 'x-b3-spanid') ?? '', isSampled ? 1 : 0)
  return withDecision(known, isDebug, sampled === undefined)
}

function withDecision(known: OtelSpanContext | undefined, isDebug: boolean, isUndecided: boolean): ReadTrace | undefined {
  if (known === undefined || (!isDebug && !isUndecided)) return known
  return { ...known, b3: isDebug ? 'debug' : 'undecided' }
}

function made(trace: string, span: string, traceFlags: number, state?: string): OtelSpanContext | undefined {
  const traceId = trace.toLowerCase().padStart(32, '0')
  const spanId = span.toLowerCase()
  if (!traceSyntax.test(trace.toLowerCase()) || !spanSyntax.test(spanId) || zeros.test(traceId) || zeros.test(spanId)) return undefined
  const known = { traceId, spanId, traceFlags, isRemote: true }
  return state === undefined || state === '' ? known : { ...known, traceState: new ForeignState(state) }
}

/**
 * Writes the headers of a trace.
 *
 * @param into gets names and values in turn.
 * @param formats which.
 * @param known the span that the server's is to be a child of.
 * @param baggage as its header says it, if there is any.
 */
export function writeTrace(into: string[], formats: readonly TraceFormat[], known: ReadTrace, baggage: string | undefined): void {
  const { traceId, spanId, traceFlags, b3 } = known
  const sampled = String(traceFlags & 1)
  for (const format of formats) {
    if (format === 'b3') into.push('b3', `${traceId}-${spanId}${b3 === 'undecided' ? '' : `-${b3 === 'debug' ? 'd' : sampled}`}`)
    else if (format === 'b3-multi') {
      into.push('x-b3-traceid', traceId, 'x-b3-spanid', spanId)
      // A server that is told "not sampled" drops what another one down the line would have decided to keep.
      if (b3 === 'debug') into.push('x-b3-flags', '1')
      else if (b3 === undefined) into.push('x-b3-sampled', sampled)
    } else {
      writeW3c(into, known)
      if (baggage !== undefined) into.push('baggage', baggage)
    }
  }
}

/** Writes `traceparent`, and `tracestate` if there is one. */
export function writeW3c(into: string[], { traceId, spanId, traceFlags, traceState }: OtelSpanContext): void {
  const flags = traceFlags === 1 ? '01' : traceFlags === 0 ? '00' : (traceFlags & 0xff).toString(16).padStart(2, '0')
  into.push('traceparent', `00-${traceId}-${spanId}-${flags}`)
  const state = traceState?.serialize()
  if (state !== undefined && state !== '') into.push('tracestate', state)
}
