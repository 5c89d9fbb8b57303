import type { HistogramSnapshot } from '../telemetry/histogram.ts'
import type { MetricName } from './metric-table.ts'

/** Values of attributes; `undefined` for one that a series does not have. */
export type Attributes = Readonly<Record<string, string | number | undefined>>

/** One series of a metric and its value now. */
export interface Point<Value> {
  readonly attributes: Readonly<Record<string, string | number>>
  readonly value: Value
}

/** What a mesh tells at one moment, metric by metric; those without a series are not in it. */
export interface Readings {
  /** Counters, up-down counters and gauges. */
  readonly numbers: ReadonlyMap<MetricName, readonly Point<number>[]>
  /** Histograms. */
  readonly histograms: ReadonlyMap<MetricName, readonly Point<HistogramSnapshot>[]>
}

/** Collects readings, of one mesh or several. */
export class Reading implements Readings {
  readonly numbers = new Map<MetricName, Point<number>[]>()
  readonly histograms = new Map<MetricName, Point<HistogramSnapshot>[]>()
  #shared: Attributes = {}

  /** Gives all series that follow these attributes. */
  within(shared: Attributes): void {
    this.#shared = shared
  }

  /** Adds the value of a series; nothing where there is no number. */
  add(name: MetricName, value: number | undefined, attributes: Attributes = {}): void {
    if (value === undefined || !Number.isFinite(value)) return
    listOf(this.numbers, name).push({ attributes: this.#with(attributes), value })
  }

  /** Adds a series for each word, with its value. */
  addEach(name: MetricName, attribute: string, values: Readonly<Record<string, number>>): void {
    for (const [word, value] of Object.entries(values)) this.add(name, value, { [attribute]: word })
  }

  /** Adds a series for each state that there is: 1 for the one that holds. */
  addState(name: MetricName, states: readonly string[], now: string): void {
    for (const state of states) this.add(name, state === now ? 1 : 0, { 'proxyless.state': state })
  }

  /** Adds the buckets of a series. */
  addHistogram(name: MetricName, value: HistogramSnapshot, attributes: Attributes = {}): void {
    listOf(this.histograms, name).push({ attributes: this.#with(attributes), value })
  }

  #with(attributes: Attributes): Readonly<Record<string, string | number>> {
    const all: Record<string, string | number> = {}
    for (const [name, value] of Object.entries({ ...this.#shared, ...attributes })) if (value !== undefined) all[name] = value
    return all
  }
}

function listOf<Value>(points: Map<MetricName, Point<Value>[]>, name: MetricName): Point<Value>[] {
  let list = points.get(name)
  if (list === undefined) points.set(name, (list = []))
  return list
}
