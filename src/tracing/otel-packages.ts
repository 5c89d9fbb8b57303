import { createRequire } from 'node:module'
import type { SpanExporter, SpanProcessor } from './ended-span.ts'
import type { TracingSettings } from './tracing-options.ts'

/** Finds packages, and loads them, as a file somewhere would. */
export type Need = Pick<NodeJS.Require, 'resolve'> & ((name: string) => unknown)

/** One of the three global slots of OpenTelemetry's API. */
interface Slot {
  disable(): void
}

/** The part of OpenTelemetry's API that sets up an SDK. */
export interface SetupApi {
  readonly trace: Slot & { setGlobalTracerProvider(provider: TracerProvider): boolean }
  readonly context: Slot & { setGlobalContextManager(manager: object): boolean }
  readonly propagation: Slot & { setGlobalPropagator(propagator: object): boolean }
}

/** Makes tracers. */
export interface TracerProvider {
  forceFlush(): Promise<void>
  shutdown(): Promise<void>
}

/** What a line of the SDK makes. Its constructors differ between SDK 2 and SDK 3; here they do not. */
export interface OtelPackages {
  readonly api: SetupApi
  contextManager(): { enable(): object; disable(): object }
  propagator(): object
  exporter(settings: TracingSettings): SpanExporter
  batches(exporter: SpanExporter, settings: TracingSettings): SpanProcessor
  provider(sampler: object, processor: SpanProcessor, settings: TracingSettings): TracerProvider
}

/** The batch processor gives up without telling the exporter; by then the exporter has said that it failed, and was counted. */
const batchGraceMs = 1_000

type Constructor<T> = new (...given: unknown[]) => T

const apiName = '@opentelemetry/api'
const managerName = '@opentelemetry/context-async-hooks'
/** The newest line first. */
const sdkNames = ['@opentelemetry/sdk-trace', '@opentelemetry/sdk-trace-base'] as const
const exporterNames = { otlp: '@opentelemetry/exporter-trace-otlp-http', zipkin: '@opentelemetry/exporter-zipkin' } as const

/**
 * Loads what a program needs to trace.
 *
 * @param need finds packages; the SDK's own packages are found as the SDK finds them, so that versions fit.
 * @param exporter which exporter is wanted, if one of these two.
 * @throws Error that names every package that is missing, and the command that installs them.
 */
export function otelPackages(need: Need, exporter: 'otlp' | 'zipkin' | undefined): OtelPackages {
  const sdkName = sdkNames.find((name) => isThere(need, name)) ?? sdkNames[0]
  const wanted = [apiName, sdkName, managerName, ...(exporter === undefined ? [] : [exporterNames[exporter]])]
  const missing = wanted.filter((name) => !isThere(need, name))
  if (missing.length > 0) {
    const said =
      missing.length === 1 ? `the package ${missing[0]} is not installed` : `the packages ${missing.join(', ')} are not installed`
    throw new Error(`startTracing: ${said}; they are optional peers of proxyless: npm install ${missing.join(' ')}`)
  }
  const sdk = need(sdkName) as Record<string, Constructor<never>>
  const needOfSdk = createRequire(need.resolve(sdkName))
  const core = needOfSdk('@opentelemetry/core') as Record<string, Constructor<object>>
  const { defaultResource, resourceFromAttributes } = needOfSdk('@opentelemetry/resources') as {
    defaultResource(): { merge(other: unknown): unknown }
    resourceFromAttributes(attributes: object): unknown
  }
  const isThird = sdk.TracerProvider !== undefined
  return {
    api: need(apiName) as SetupApi,
    contextManager: () => new (made<OtelManager>(need(managerName), 'AsyncLocalStorageContextManager'))(),
    propagator: () => {
      const propagators = [new (made(core, 'W3CTraceContextPropagator'))(), new (made(core, 'W3CBaggagePropagator'))()]
      return new (made<object>(core, 'CompositePropagator'))({ propagators })
    },
    exporter: ({ url, headers, exportTimeoutMs }) => {
      const options = { url, headers: { ...headers }, timeoutMillis: exportTimeoutMs }
      if (exporter === 'zipkin') return new (made<SpanExporter>(need(exporterNames.zipkin), 'ZipkinExporter'))(options)
      return new (made<SpanExporter>(need(exporterNames.otlp), 'OTLPTraceExporter'))(options)
    },
    batches: (counted, { queue, everyMs, exportTimeoutMs }) => {
      const options = {
        maxQueueSize: queue,
        maxExportBatchSize: Math.min(512, queue),
        scheduledDelayMillis: everyMs,
        exportTimeoutMillis: exportTimeoutMs + batchGraceMs,
      }
      const Batches = made<SpanProcessor>(sdk, 'BatchSpanProcessor')
      return isThird ? new Batches({ ...options, exporter: counted }) : new Batches(counted, options)
    },
    provider: (sampler, processor, { service, attributes }) => {
      const resource = defaultResource().merge(resourceFromAttributes({ ...attributes, 'service.name': service }))
      const Provider = made<TracerProvider>(sdk, isThird ? 'TracerProvider' : 'BasicTracerProvider')
      return new Provider({ sampler, resource, spanProcessors: [processor] })
    },
  }
}

type OtelManager = ReturnType<OtelPackages['contextManager']>

function made<T>(module: unknown, name: string): Constructor<T> {
  const found = (module as Record<string, unknown>)[name]
  if (typeof found === 'function') return found as Constructor<T>
  throw new Error(`startTracing: expected OpenTelemetry's packages to be of SDK 2 or SDK 3, got one without ${name}`)
}

function isThere(need: Need, name: string): boolean {
  try {
    need.resolve(name)
    return true
  } catch {
    return false
  }
}
