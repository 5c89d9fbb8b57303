import type { Attempt } from '../../call/attempt.ts'
import type { Call } from '../../call/call.ts'
import { headerOf } from '../../call/header-list.ts'
import type { FaultMatch } from './fault-options.ts'

/** What of an attempt is known before its endpoint is chosen. */
type WithoutEndpoint = Pick<Attempt, 'path' | 'headers'> & { readonly call: Pick<Call, 'method'> }

/**
 * Makes a test for attempts that may get a fault.
 *
 * @param match see {@link FaultMatch}.
 * @returns `undefined` when nothing is asked for, and so every attempt fits.
 */
export function faultMatcher(match: FaultMatch): ((attempt: Attempt) => boolean) | undefined {
  const { endpoints, zones } = match
  const tests: ((attempt: Attempt) => boolean)[] = [...requestTests(match)]
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

/** Whether the attempts of a call may get a fault, as far as that does not depend on their endpoints. */
export function mayFit(match: FaultMatch, call: Call): boolean {
  return requestTests(match).every((fits) => fits({ path: call.path, headers: call.headers, call }))
}

function requestTests({ path, methods, headers }: FaultMatch): readonly ((attempt: WithoutEndpoint) => boolean)[] {
  const tests: ((attempt: WithoutEndpoint) => boolean)[] = []
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
  return tests
}
