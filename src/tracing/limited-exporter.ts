import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'
import type { Clock } from '../runtime/clock.ts'
import type { ExportResult, SpanExporter } from './ended-span.ts'

/** Where `node:http` tells of each request, as it is made. */
const requestMade = 'http.client.request.created'

/**
 * An exporter that answers in time, whatever its collector does. OpenTelemetry's exporter for Zipkin waits for ever for one that takes a batch and says
 * nothing: its spans would be in no count, its request would keep the process alive, and its `shutdown()` would never end.
 *
 * @param inner any exporter.
 * @param limitMs how long a batch may take, and a shutdown, in milliseconds.
 * @param clock the source of time.
 */
export function limitedExporter(inner: SpanExporter, limitMs: number, clock: Clock): SpanExporter {
  return {
    export: (spans, done) => {
      let requests: readonly ClientRequest[] = []
      let open = true
      const answered = (result: ExportResult): void => {
        if (!open) return
        open = false
        timer.cancel()
        done(result)
      }
      const giveUp = (): void => {
        answered({ code: 1, error: new Error(`the exporter did not answer within ${limitMs} ms`) })
        for (const request of requests) request.destroy()
      }
      const timer = clock.schedule(limitMs, giveUp, { background: true })
      try {
        requests = requestsMadeBy(() => inner.export(spans, answered))
      } catch (error) {
        answered({ code: 1, error: error instanceof Error ? error : new Error(String(error)) })
      }
    },
    shutdown: () => inTime(inner.shutdown(), limitMs, clock),
    forceFlush: () => inTime(inner.forceFlush?.(), limitMs, clock),
  }
}

/** The requests that code makes while it runs, and not those of what it begins. */
function requestsMadeBy(run: () => void): readonly ClientRequest[] {
  const requests: ClientRequest[] = []
  const take = (message: unknown): void => {
    requests.push((message as { readonly request: ClientRequest }).request)
  }
  subscribe(requestMade, take)
  try {
    run()
  } finally {
    unsubscribe(requestMade, take)
  }
  return requests
}

function inTime(work: Promise<void> | undefined, limitMs: number, clock: Clock): Promise<void> {
  if (work === undefined) return Promise.resolve()
  return new Promise((resolve, reject) => {
    // Somebody waits for this one.
    const timer = clock.schedule(limitMs, resolve)
    work.then(resolve, reject).finally(() => timer.cancel())
  })
}
