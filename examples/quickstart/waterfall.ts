/** What a drawing needs of a span; OpenTelemetry's have it. */
export interface DrawnSpan {
  readonly name: string
  readonly kind: number
  readonly startTime: readonly [seconds: number, nanoseconds: number]
  readonly duration: readonly [seconds: number, nanoseconds: number]
  readonly attributes: Readonly<Record<string, unknown>>
  readonly parentSpanContext?: { readonly spanId: string }
  spanContext(): { readonly traceId: string; readonly spanId: string }
}

const barWidth = 40

/** Collects the spans of traces in memory, as an exporter does that sends them to Jaeger or Zipkin. */
export class SpanCollection {
  readonly spans: DrawnSpan[] = []

  export(spans: DrawnSpan[], done: (result: { code: number }) => void): void {
    this.spans.push(...spans)
    done({ code: 0 })
  }

  async shutdown(): Promise<void> {}
}

/** Draws the first trace: a line for each span, children below their parents, each with a bar that says when. */
export function waterfall(all: readonly DrawnSpan[]): string {
  if (all.length === 0) return '  (none had to be)'
  const traceId = all[0]?.spanContext().traceId
  const spans = all.filter((span) => span.spanContext().traceId === traceId).sort((a, b) => startMs(a) - startMs(b))
  const ids = new Set(spans.map((span) => span.spanContext().spanId))
  const from = Math.min(...spans.map(startMs))
  const width = Math.max(...spans.map((span) => startMs(span) + lengthMs(span))) - from
  const lines: string[] = [`trace ${traceId}`]
  const draw = (span: DrawnSpan, depth: number): void => {
    const title = `${'  '.repeat(depth)}${titleOf(span)}`
    const begin = Math.min(barWidth - 1, Math.floor(((startMs(span) - from) / width) * barWidth))
    const bar = Math.max(1, Math.min(barWidth - begin, Math.round((lengthMs(span) / width) * barWidth)))
    lines.push(
      `  ${title.padEnd(34)} ${`${' '.repeat(begin)}${'█'.repeat(bar)}`.padEnd(barWidth)} ${lengthMs(span).toFixed(1).padStart(6)} ms`,
    )
    for (const child of spans) if (child.parentSpanContext?.spanId === span.spanContext().spanId) draw(child, depth + 1)
  }
  for (const span of spans) if (!ids.has(span.parentSpanContext?.spanId ?? '')) draw(span, 0)
  return lines.join('\n')
}

function titleOf({ name, kind, attributes }: DrawnSpan): string {
  const status = attributes['http.response.status_code'] ?? attributes['error.type'] ?? ''
  if (kind === 1) return 'on the server'
  if (kind !== 2) return `${name}, ${attributes['proxyless.attempts']} attempts`
  const endpoint = new URL(String(attributes['proxyless.endpoint']))
  return `${name} :${endpoint.port} ${status}`
}

function startMs({ startTime: [seconds, nanoseconds] }: DrawnSpan): number {
  return seconds * 1_000 + nanoseconds / 1e6
}

function lengthMs({ duration: [seconds, nanoseconds] }: DrawnSpan): number {
  return seconds * 1_000 + nanoseconds / 1e6
}
