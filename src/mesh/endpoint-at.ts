import type { Endpoint } from '../endpoint/endpoint.ts'
import { printValue } from '../errors/print-value.ts'

/**
 * The endpoint of a service that has an address.
 *
 * @throws TypeError when there is none.
 */
export function endpointAt(endpoints: readonly Endpoint[], address: string): Endpoint {
  const found = endpoints.find((endpoint) => endpoint.address === address)
  if (found !== undefined) return found
  const known = endpoints.slice(0, 5).map((endpoint) => printValue(endpoint.address))
  throw new TypeError(`address: expected one of the service's endpoints (${known.join(', ') || 'none now'}), got ${printValue(address)}`)
}
