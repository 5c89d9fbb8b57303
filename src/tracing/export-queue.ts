import { hearLateRejection } from '../runtime/late-rejection.ts'
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
  #exports = 0
  readonly #whenQuiet: (() => void)[] = []

  /**
   * @param limit how many spans may wait, those of batches under way included.
   * @param onError hears why a batch could not be delivered.
   */
  constructor(limit: number, onError: ((error: Error) => void) | undefined) {
    this.#limit = limit
    this.#onError = onError
  }

  /** The exporter, counted. It must answer every batch once: see `limitedExporter`. */
  exporter(inner: SpanExporter): SpanExporter {
    return {
      export: (spans, done) => {
        const { length } = spans
        this.#exports += 1
        inner.export(spans, (result) => {
          this.#over(length, result)
          done(result)
        })
      },
      shutdown: () => inner.shutdown(),
      forceFlush: () => inner.forceFlush?.() ?? Promise.resolve(),
    }
  }

  /** Where spans wait for their batch. */
  set batches(batches: SpanProcessor) {
    this.#batches = batches
  }

  /** Sends what waits, and resolves when that, and what was on its way before, was delivered or given up: a batch processor waits for its own part alone. */
  async flush(): Promise<void> {
    // What failed is counted.
    await this.#batches?.forceFlush().catch(() => {})
    if (this.#exports > 0) await new Promise<void>((resolve) => this.#whenQuiet.push(resolve))
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
    this.#exports -= 1
    if (code === 0) this.counts.exported += spans
    else this.#failed(spans, error)
    if (this.#exports > 0) return
    for (const quiet of this.#whenQuiet.splice(0)) quiet()
  }

  #failed(spans: number, error: Error | undefined): void {
    this.counts.failed += spans
    try {
      hearLateRejection(this.#onError?.(error ?? new Error('the exporter did not say why')))
    } catch {
      // A listener is a guest here.
    }
  }
}
