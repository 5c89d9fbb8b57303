/**
 * The part of OpenTelemetry's API that the mesh speaks, by its shape.
 *
 * The API package registers what an SDK sets up under one well-known global symbol, which is how its own copies find each other. Reading that
 * symbol here means that nothing has to be installed, that it does not matter which copy or which of the versions 1.9 and later a program
 * has, and that a program without an SDK pays for one look at a global.
 */

/** Values of attributes. */
export type OtelAttributes = Readonly<Record<string, string | number | boolean>>

/** Seconds and nanoseconds since 1970. */
export type OtelTime = [seconds: number, nanoseconds: number]

/** Where a span stands in its trace. */
export interface OtelSpanContext {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
  readonly isRemote?: boolean | undefined
  readonly traceState?: { serialize(): string } | undefined
}

/** An immutable bag of values. */
export interface OtelContext {
  getValue(key: symbol): unknown
  setValue(key: symbol, value: unknown): OtelContext
  deleteValue(key: symbol): OtelContext
}

/** A span. */
export interface OtelSpan {
  spanContext(): OtelSpanContext
  isRecording(): boolean
  setAttribute(name: string, value: string | number | boolean): unknown
  setAttributes(attributes: OtelAttributes): unknown
  addEvent(name: string, attributes?: OtelAttributes, time?: OtelTime): unknown
  setStatus(status: { readonly code: number; readonly message?: string }): unknown
  end(time?: OtelTime): void
}

/** What a span begins with. */
export interface OtelSpanOptions {
  readonly kind: number
  readonly attributes?: OtelAttributes
  readonly links?: readonly { readonly context: OtelSpanContext; readonly attributes?: OtelAttributes }[]
  readonly startTime?: OtelTime
}

/** Begins spans. */
export interface OtelTracer {
  startSpan(name: string, options: OtelSpanOptions, parent: OtelContext): OtelSpan
}

/** What an SDK has registered. */
export interface OtelApi {
  readonly trace: { getTracer(name: string, version?: string): OtelTracer }
  readonly context?: {
    active(): OtelContext
    with<A, R>(context: OtelContext, run: (argument: A) => R, self: undefined, argument: A): R
  }
  readonly propagation?: {
    inject<C>(context: OtelContext, carrier: C, setter: { set(carrier: C, name: string, value: string): void }): void
    extract<C>(
      context: OtelContext,
      carrier: C,
      getter: { get(carrier: C, name: string): string | undefined; keys(carrier: C): string[] },
    ): OtelContext
  }
}

/** OpenTelemetry's numbers for the kinds of spans that the mesh makes. */
export const spanKinds = Object.freeze({ internal: 0, server: 1, client: 2 } as const)

/** OpenTelemetry's number for a span of something that failed. */
export const failedStatus = 2

const registry = Symbol.for('opentelemetry.js.api.1')

/** What an SDK has registered; `undefined` when no SDK traces. */
export function otelApi(): OtelApi | undefined {
  const api = (globalThis as { [registry]?: Partial<OtelApi> })[registry]
  return api?.trace === undefined ? undefined : (api as OtelApi)
}

/** A wall-clock time in milliseconds, as OpenTelemetry takes it. */
export function timeOf(wallMs: number): OtelTime {
  // Whole microseconds: OpenTelemetry's exporter for Zipkin writes the rest of them as fractions, and Zipkin then refuses the batch.
  const micros = Math.round(wallMs * 1e3)
  const seconds = Math.floor(micros / 1e6)
  return [seconds, (micros - seconds * 1e6) * 1e3]
}
