/** Numbers as people read them. What is not known is a dash. */

const dash = '–'

/** So many in a second. */
export function perSecond(value: number | undefined): string {
  if (value === undefined) return dash
  if (value === 0) return '0'
  return value < 10 ? value.toFixed(1) : count(Math.round(value))
}

/** A latency in milliseconds. */
export function latency(ms: number | undefined): string {
  if (ms === undefined) return dash
  if (ms >= 10_000) return `${(ms / 1_000).toFixed(0)} s`
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`
}

/** A length of time, coarsely. `Infinity` comes as a text. */
export function span(ms: number | string | undefined): string {
  const value = Number(ms)
  if (ms === undefined || !Number.isFinite(value)) return dash
  const seconds = Math.round(value / 1_000)
  if (seconds < 90) return `${seconds} s`
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`
}

/** A share of 1. */
export function percent(share: number): string {
  const value = 100 * share
  return `${value > 0 && value < 10 ? value.toFixed(1) : value.toFixed(0)} %`
}

/** A whole number, in groups of three. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}
