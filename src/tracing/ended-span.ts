import type { OtelSpanContext } from '../telemetry/otel-api.ts'

/** A span that is over, as an SDK hands it to its processors, by its shape: those of SDK 2 and SDK 3 both have it. */
export interface EndedSpan {
  readonly name: string
  readonly kind: number
  readonly attributes: Readonly<Record<string, unknown>>
  readonly status: { readonly code: number }
  /** Seconds and nanoseconds. */
  readonly duration: readonly [seconds: number, nanoseconds: number]
  spanContext(): OtelSpanContext
}

/** Where spans go that are over. */
export interface SpanSink {
  onEnd(span: EndedSpan): void
}

/** A processor, as an SDK wants it. */
export interface SpanProcessor extends SpanSink {
  onStart(span: Pick<EndedSpan, 'spanContext'>): void
  forceFlush(): Promise<void>
  shutdown(): Promise<void>
}

/** What an exporter says when it is done. */
export interface ExportResult {
  /** `0` is success. */
  readonly code: number
  /** Why it failed. */
  readonly error?: Error | undefined
}

/**
 * Takes spans somewhere: any exporter of OpenTelemetry's JavaScript SDK, 2 or 3, has this shape.
 */
export interface SpanExporter {
  /** Takes a batch, and answers once. */
  export(spans: never[], done: (result: ExportResult) => void): void
  /** Takes no more. */
  shutdown(): Promise<void>
  /** Sends what it holds back, if it does. */
  forceFlush?(): Promise<void>
}

/** Whether a span is part of a trace that is exported whatever comes of it. */
export function isSampled({ traceFlags }: OtelSpanContext): boolean {
  return (traceFlags & 1) === 1
}

/**
 * The same span, sampled: processors and exporters leave out what is not.
 *
 * It inherits from the span rather than copying it, which would run every getter of it.
 */
export function asSampled(span: EndedSpan): EndedSpan {
  const known = span.spanContext()
  if (isSampled(known)) return span
  const sampled = Object.freeze({ ...known, traceFlags: known.traceFlags | 1 })
  return Object.create(span, { spanContext: { value: () => sampled } }) as EndedSpan
}
