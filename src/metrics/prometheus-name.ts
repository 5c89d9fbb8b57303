import { type MetricName, meshMetrics } from './metric-table.ts'

const words: Readonly<Record<string, string>> = Object.freeze({ s: 'seconds', By: 'bytes' })

/**
 * The name of a metric in Prometheus, by OpenTelemetry's rules ("Prometheus and OpenMetrics Compatibility"): dots become underscores, the unit in
 * words follows, what is in braces is no unit, and a counter ends with `_total`.
 */
export function prometheusName(name: MetricName): string {
  const { kind, unit } = meshMetrics[name]
  const base = name.replaceAll('.', '_')
  const [amount = '', per] = unit.replaceAll(/\{.*?\}/g, '').split('/')
  const share = unit === '1' && kind === 'gauge' ? 'ratio' : undefined
  const suffixes = [words[amount] ?? share, per === 's' ? 'per_second' : undefined, kind === 'counter' ? 'total' : undefined]
  return [base, ...suffixes.filter((suffix) => suffix !== undefined)].join('_')
}
