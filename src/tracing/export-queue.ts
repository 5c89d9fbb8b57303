import type { EndedSpan, ExportResult, SpanExporter, SpanProcessor, SpanSink } from './ended-span.ts'

/** What became of the spans that were to be exported. */
export interface ExportCounts {
  /** Spans that were taken. */
  exported: number
  /** Spans of batches that could not be delivered. */
  failed: number
  /** Spans that found the queue full. */
  queueFull: number
}

/**
 * Stands before and behind an SDK's batch processor, which drops spans without a word when its queue is full: here they are counted.
 */
export class ExportQueue implements SpanSink {
  readonly counts: ExportCounts = { exported: 0, failed: 0, queueFull: 0 }
  readonly #limit: number
  readonly #onError: ((error: Error) => void) | undefined
  #batches: SpanProcessor | undefined
  #underway = 0

  /**
   * @param limit how many spans may wait, those of batches under way included.
   * @param onError hears why a batch could not be delivered.
   */
  constructor(limit: number, onError: ((error: Error) => void) | undefined) {
    this.#limit = limit
    this.#onError = onError
  }

  /** The exporter, counted. */
  exporter(inner: SpanExporter): SpanExporter {
    return {
      export: (spans, done) => {
        const { length } = spans
        let open = true
        const answered = (result: ExportResult): void => {
          if (!open) return
          open = false
          this.#over(length, result)
          done(result)
        }
        try {
          inner.export(spans, answered)
        } catch (error) {
          answered({ code: 1, error: error instanceof Error ? error : new Error(String(error)) })
        }
      },
      shutdown: () => inner.shutdown(),
      forceFlush: () => inner.forceFlush?.() ?? Promise.resolve(),
    }
  }

  /** Where spans wait for their batch. */
  set batches(batches: SpanProcessor) {
    this.#batches = batches
  }

  onEnd(span: EndedSpan): void {
    if (this.#underway >= this.#limit) {
      this.counts.queueFull += 1
      return
    }
    this.#underway += 1
    this.#batches?.onEnd(span)
  }

  #over(spans: number, { code, error }: ExportResult): void {
    this.#underway -= spans
    if (code === 0) {
      this.counts.exported += spans
      return
    }
    this.counts.failed += spans
    try {
      this.#onError?.(error ?? new Error('the exporter did not say why'))
    } catch {
      // A listener is a guest here.
    }
  }
}
