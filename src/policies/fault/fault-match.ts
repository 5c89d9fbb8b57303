import type { Attempt } from '../../call/attempt.ts'
import { headerOf } from '../../call/header-list.ts'
import type { FaultMatch } from './fault-options.ts'

/**
 * Makes a test for attempts that may get a fault.
 *
 * @param match see {@link FaultMatch}.
 * @returns `undefined` when nothing is asked for, and so every attempt fits.
 */
export function faultMatcher(match: FaultMatch): ((attempt: Attempt) => boolean) | undefined {
  const { path, methods, headers, endpoints, zones } = match
  const tests: ((attempt: Attempt) => boolean)[] = []
  if (path !== undefined) tests.push((attempt) => attempt.path.startsWith(path))
  if (methods !== undefined) {
    const known = new Set(methods.map((method) => method.toUpperCase()))
    tests.push(({ call }) => known.has(call.method.toUpperCase()))
  }
  for (const [name, wanted] of Object.entries(headers ?? {})) {
    const lower = name.toLowerCase()
    tests.push((attempt) => {
      const value = headerOf(attempt.headers, lower)
      return value !== undefined && (wanted === true || value === wanted)
    })
  }
  if (endpoints !== undefined) {
    const known = new Set(endpoints)
    tests.push(({ endpoint }) => known.has(endpoint.address))
  }
  if (zones !== undefined) {
    const known = new Set(zones)
    tests.push(({ endpoint }) => known.has(endpoint.locality.zone))
  }
  return tests.length === 0 ? undefined : (attempt) => tests.every((fits) => fits(attempt))
}
