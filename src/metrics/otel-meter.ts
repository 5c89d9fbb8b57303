/**
 * The part of OpenTelemetry's metrics API that is used here, by its shape; see telemetry/otel-api.ts for why by its shape. Versions 1.9 and later have it.
 */

/** Attributes of a series. */
export type OtelMetricAttributes = Readonly<Record<string, string | number>>

/** What an instrument is made with. */
export interface OtelInstrumentOptions {
  readonly description?: string
  readonly unit?: string
  readonly advice?: { readonly explicitBucketBoundaries?: number[] }
}

/** Something that is asked for its value now and then. */
export type OtelObservable = object

/** Takes the values of several observables. */
export interface OtelBatchResult {
  observe(observable: OtelObservable, value: number, attributes: OtelMetricAttributes): void
}

/** Makes instruments. */
export interface OtelMeter {
  createHistogram(name: string, options: OtelInstrumentOptions): { record(value: number, attributes: OtelMetricAttributes): void }
  createObservableCounter(name: string, options: OtelInstrumentOptions): OtelObservable
  createObservableUpDownCounter(name: string, options: OtelInstrumentOptions): OtelObservable
  createObservableGauge(name: string, options: OtelInstrumentOptions): OtelObservable
  addBatchObservableCallback(callback: (result: OtelBatchResult) => void, observables: OtelObservable[]): void
  removeBatchObservableCallback(callback: (result: OtelBatchResult) => void, observables: OtelObservable[]): void
}

/** What an SDK offers. */
export interface OtelMeterProvider {
  /** A meter of this name. Only its shape is said: the API's own takes more, and any of its versions fits. */
  getMeter(name: string, version?: string): object
}

const registry = Symbol.for('opentelemetry.js.api.1')

/** The meter provider that the program has set up; `undefined` when it has none. */
export function registeredMeterProvider(): OtelMeterProvider | undefined {
  return (globalThis as { [registry]?: { metrics?: OtelMeterProvider } })[registry]?.metrics
}
