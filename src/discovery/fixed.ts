import type { EndpointSpec } from '../endpoint/endpoint.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import type { Resolver } from './resolver.ts'

/**
 * Endpoints that never change.
 *
 * @param endpoints their URLs, or objects that say more about them, see {@link EndpointSpec}. An empty list or an endpoint that cannot be
 *   used is reported when the mesh is built.
 * @returns a resolver for `.resolve(...)`.
 * @example
 * ```ts
 * import { fixed, mesh } from 'proxyless'
 *
 * const net = mesh()
 *   .service('orders', (s) => s.resolve(fixed(['http://10.0.0.7:8080', { url: 'http://10.0.0.8:8080', weight: 2, zone: 'eu-west-1b' }])))
 *   .build()
 * ```
 */
export function fixed(endpoints: readonly (EndpointSpec | string)[]): DescribedPart<Resolver> {
  // Untyped code may pass anything; the plan's check says so with the path of the service.
  const list = Array.isArray(endpoints) ? Object.freeze([...endpoints]) : endpoints
  return part<Resolver>('fixed', { endpoints: list }, () => ({
    name: 'fixed',
    async *watch() {
      yield list
    },
  }))
}
