import type { DescribedPart } from '../runtime/part.ts'
import { combine, type Decide } from './combine.ts'
import type { Resolver } from './resolver.ts'
import { sourcesFault } from './sources.ts'
import type { ResolverSource } from './to-resolver.ts'

/**
 * The first source that has endpoints. While it has none, fails, or has not answered yet, the next one stands in; when it has some again,
 * the mesh goes back to it. When every source fails, the last answer stays.
 *
 * All sources are asked all the time, so that standing in takes no time. An endpoint that both sources name stays the same endpoint.
 *
 * @param resolvers from the best to the last resort: resolvers, or async generator functions.
 * @returns a resolver for `.resolve(...)`.
 * @throws ConfigError when there is none.
 * @example
 * ```ts
 * import { dns, file, firstOf, mesh } from 'proxyless'
 *
 * const net = mesh()
 *   .service('orders', (s) => s.resolve(firstOf(dns('orders.internal', { port: 8080 }), file('/etc/app/endpoints.yaml'))))
 *   .build()
 * ```
 */
export function firstOf(...resolvers: ResolverSource[]): DescribedPart<Resolver> {
  return combine('first-of', 'firstOf', resolvers, decide)
}

const decide: Decide = (views, _waited, name) => {
  const serving = views.filter(({ resolution }) => resolution?.kind === 'endpoints' && resolution.endpoints.length > 0)
  const best = serving.find((view) => !view.failing) ?? serving[0]
  if (best !== undefined) return best.resolution
  if (views.some((view) => view.resolution === undefined && !view.failing)) return undefined
  const faults = views.filter((view) => view.resolution === undefined)
  if (faults.length > 0) throw sourcesFault(name, faults)
  return (views.find(({ resolution }) => resolution?.kind === 'endpoints') ?? views[0])?.resolution
}
