import type { Endpoint, EndpointSpec, ReportedHealth } from '../endpoint/endpoint.ts'
import type { Locality } from '../endpoint/locality.ts'
import { Roster } from '../endpoint/roster.ts'

/** An endpoint whose description and counters a test may change. */
export interface TestEndpoint extends Endpoint {
  servername: string | undefined
  weight: number
  locality: Locality
  priority: number
  labels: Readonly<Record<string, string>>
  health: ReportedHealth
  inFlight: number
  attempts: number
  failures: number
}

/**
 * An endpoint, for a test. Each call makes another one, also for the same address.
 *
 * @param endpoint its URL, or its description.
 * @throws TypeError when it cannot be used.
 * @example
 * ```ts
 * import { testEndpoint } from 'proxyless/testing'
 *
 * const near = testEndpoint({ url: 'http://10.0.0.7:8080', zone: 'a', weight: 2 })
 * near.inFlight = 12
 * ```
 */
export function testEndpoint(endpoint: string | EndpointSpec): TestEndpoint {
  const spec = typeof endpoint === 'string' ? { url: endpoint } : endpoint
  const { added, refused } = new Roster().update([spec])
  const [wrong] = refused
  if (wrong !== undefined) throw new TypeError(`testEndpoint: ${wrong.url}: ${wrong.problem}`)
  return added[0] as TestEndpoint
}

/**
 * Several endpoints: `http://10.0.0.1:8080`, `http://10.0.0.2:8080`, and so on.
 *
 * @param count how many, up to 16,777,215.
 * @param describe what else to say about each, by its index.
 */
export function testEndpoints(count: number, describe?: (index: number) => Omit<EndpointSpec, 'url'>): readonly TestEndpoint[] {
  const specs = Array.from({ length: count }, (_, index) => ({ url: numberedUrl(index + 1), ...describe?.(index) }))
  const roster = new Roster()
  const [wrong] = roster.update(specs).refused
  if (wrong !== undefined) throw new TypeError(`testEndpoints: ${wrong.url}: ${wrong.problem}`)
  return roster.endpoints as readonly TestEndpoint[]
}

function numberedUrl(number: number): string {
  return `http://10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}:8080`
}
