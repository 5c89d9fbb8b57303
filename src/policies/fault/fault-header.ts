import { readDuration } from '../../runtime/duration.ts'
import type { ChosenFaults } from './chosen-faults.ts'
import type { AbortError } from './fault-options.ts'

const abortErrors: readonly string[] = ['reset', 'refused', 'timeout'] satisfies readonly AbortError[]

/**
 * Reads the header by which a call asks for faults: `delay=200ms; abort=503`, with `delay` (a duration), `abort` (a status from 200 to 599,
 * `reset`, `refused` or `timeout`), `cut` (after so many bytes) and `throttle` (bytes a second), in any order.
 *
 * @param value of the header.
 * @param maxDelayMs the longest delay, in milliseconds; a longer one is cut down to it.
 * @returns `undefined` when it cannot be read: half of what was asked for would be another experiment.
 */
export function readFaultHeader(value: string, maxDelayMs: number): ChosenFaults | undefined {
  const asked = new Map<string, string>()
  for (const field of value.split(/[;,]/)) {
    const [, name, given] = /^\s*([a-z]+)\s*=\s*(\S+)\s*$/i.exec(field) ?? []
    if (name === undefined || given === undefined || asked.has(name.toLowerCase())) return undefined
    asked.set(name.toLowerCase(), given)
  }
  const faults: { -readonly [K in keyof ChosenFaults]: ChosenFaults[K] } = { by: 'header' }
  for (const [name, given] of asked) {
    if (name === 'delay') {
      const ms = /^\d+$/.test(given) ? Number(given) : readDuration(given)
      if (ms === undefined) return undefined
      faults.delay = { ms: Math.min(ms, maxDelayMs), where: 'request' }
    } else if (name === 'abort') {
      const status = /^[2-5]\d\d$/.test(given) ? Number(given) : undefined
      if (status === undefined && !abortErrors.includes(given)) return undefined
      faults.abort = status ?? (given as AbortError)
    } else {
      const bytes = /^\d{1,15}$/.test(given) ? Number(given) : undefined
      if (bytes === undefined || (name !== 'cut' && name !== 'throttle') || (name === 'throttle' && bytes === 0)) return undefined
      if (name === 'cut') faults.cutAfterBytes = bytes
      else faults.bytesPerSecond = bytes
    }
  }
  return faults
}
