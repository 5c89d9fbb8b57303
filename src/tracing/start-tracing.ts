import { createRequire } from 'node:module'
import { otelApi } from '../telemetry/otel-api.ts'
import type { SpanProcessor } from './ended-span.ts'
import { type ExportCounts, ExportQueue } from './export-queue.ts'
import { limitedExporter } from './limited-exporter.ts'
import { onSignals } from './on-signals.ts'
import { type Need, otelPackages, type SetupApi, type TracerProvider } from './otel-packages.ts'
import { type KeeperCounts, TraceKeeper } from './trace-keeper.ts'
import { TraceSampler } from './trace-sampler.ts'
import { type TracingOptions, type TracingSettings, tracingSettings } from './tracing-options.ts'

/** What became of traces and spans since tracing started. */
export interface TracingCounts {
  /** Spans on their way to the collector. */
  readonly spans: Readonly<ExportCounts>
  /** Traces that `sample` did not choose; all of it 0 with `keep: false`. */
  readonly traces: Readonly<KeeperCounts>
}

/** Tracing that runs. */
export interface RunningTracing extends AsyncDisposable {
  /** Whether it was started here: not when the program had an SDK, with `whenRegistered: 'leave'`. */
  readonly started: boolean
  /** Sends what waits to be exported, and resolves when it was delivered or given up. Traces whose end is not known are held on. */
  flush(): Promise<void>
  /**
   * Sends what waits, and takes tracing down. Traces that are under way are let go. It never rejects: what could not be delivered is counted.
   *
   * @returns the same promise every time.
   */
  stop(): Promise<void>
  /** What became of traces and spans. */
  counts(): TracingCounts
}

const noTraces: Readonly<KeeperCounts> = Object.freeze({ held: 0, heldSpans: 0, kept: 0, dropped: 0, cutShort: 0 })
const noSpans: Readonly<ExportCounts> = Object.freeze({ exported: 0, failed: 0, queueFull: 0 })

/**
 * Starts tracing in a program that has no OpenTelemetry SDK: an SDK with W3C propagation, contexts that follow asynchronous code, batches, and
 * an exporter to Jaeger (or whatever else takes OTLP) or to Zipkin. Meshes find it by themselves. {@link traceServer} makes the spans of a server.
 *
 * It keeps traces by their end: `sample` says how many are exported, and those with failed, repeated or slow attempts are exported in any case.
 *
 * The packages are optional peers: `npm install @opentelemetry/api @opentelemetry/sdk-trace @opentelemetry/context-async-hooks`, and
 * `@opentelemetry/exporter-trace-otlp-http` or `@opentelemetry/exporter-zipkin`. SDK 2 (`@opentelemetry/sdk-trace-base`) serves as well.
 *
 * Nothing here keeps the process alive, and what waits when it ends is lost: `stop()` sends it.
 *
 * @param options see {@link TracingOptions}.
 * @throws ConfigError with every wrong option. Error when a package is missing, with the command that installs it; and when the program has an
 * SDK already.
 * @example
 * ```ts
 * import { startTracing } from 'proxyless/tracing'
 *
 * const tracing = startTracing({ service: 'checkout', exporter: 'zipkin', url: 'http://127.0.0.1:9411', sample: 0.05, flushOn: 'SIGTERM' })
 * console.log(tracing.counts())
 * await tracing.stop()
 * ```
 */
export function startTracing(options: TracingOptions): RunningTracing {
  return startTracingWith(options, createRequire(import.meta.url))
}

/** The same, with another way to find packages. */
export function startTracingWith(options: TracingOptions, need: Need): RunningTracing {
  const settings = tracingSettings(options)
  if (otelApi() !== undefined) {
    if (settings.whenRegistered === 'leave') return untouched
    throw new Error(
      "startTracing: this program has an OpenTelemetry SDK already, and meshes use that; leave this call out, or say whenRegistered: 'leave'",
    )
  }
  return new Tracing(settings, need)
}

/** What is there when somebody else traces. */
const untouched: RunningTracing = Object.freeze({
  started: false,
  flush: () => Promise.resolve(),
  stop: () => Promise.resolve(),
  counts: () => ({ spans: noSpans, traces: noTraces }),
  [Symbol.asyncDispose]: () => Promise.resolve(),
})

class Tracing implements RunningTracing {
  readonly started = true
  readonly #queue: ExportQueue
  readonly #keeper: TraceKeeper | undefined
  readonly #takeDown: () => Promise<void>
  #stopping: Promise<void> | undefined

  constructor(settings: TracingSettings, need: Need) {
    const { exporter, keep, sample, exportTimeoutMs, clock } = settings
    const packages = otelPackages(need, typeof exporter === 'string' ? exporter : undefined)
    const queue = new ExportQueue(settings.queue, settings.onError)
    const limited = limitedExporter(typeof exporter === 'string' ? packages.exporter(settings) : exporter, exportTimeoutMs, clock)
    const batches = packages.batches(queue.exporter(limited), settings)
    queue.batches = batches
    const keeper = keep === undefined ? undefined : new TraceKeeper(keep, queue, clock)
    this.#queue = queue
    this.#keeper = keeper
    const processor: SpanProcessor = {
      onStart: (span) => keeper?.onStart(span),
      onEnd: (span) => (keeper ?? queue).onEnd(span),
      forceFlush: () => queue.flush(),
      shutdown: async () => {
        await keeper?.shutdown()
        await queue.flush()
        await batches.shutdown()
      },
    }
    const provider = packages.provider(new TraceSampler(sample, keeper), processor, settings)
    const contexts = packages.contextManager()
    const unregister = register(packages.api, provider, contexts, packages.propagator())
    const forget = onSignals(settings.flushOn, { last: () => this.stop(), meanwhile: () => this.flush() })
    this.#takeDown = async () => {
      forget()
      unregister()
      // A collector that does not answer is no reason to fail on the way out: what it did not take is counted.
      await provider.shutdown().catch(() => {})
    }
  }

  flush(): Promise<void> {
    return this.#queue.flush()
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#takeDown()
    return this.#stopping
  }

  counts(): TracingCounts {
    return { spans: { ...this.#queue.counts }, traces: { ...(this.#keeper?.counts ?? noTraces) } }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** Fills the global slots that are free. @returns what empties those again. */
function register(
  api: SetupApi,
  provider: TracerProvider,
  contexts: { enable(): object; disable(): object },
  propagator: object,
): () => void {
  const known = otelApi()
  if (!api.trace.setGlobalTracerProvider(provider)) {
    throw new Error(
      'startTracing: expected to be the first to set up OpenTelemetry, got a program in which another version of @opentelemetry/api was used for that: install one version of it',
    )
  }
  const filled = [
    api.trace,
    // A program may have these without an SDK; they are as good as ours.
    known?.context === undefined && api.context.setGlobalContextManager(contexts.enable()) && api.context,
    known?.propagation === undefined && api.propagation.setGlobalPropagator(propagator) && api.propagation,
  ]
  return () => {
    for (const slot of filled) if (slot !== false) slot.disable()
  }
}
