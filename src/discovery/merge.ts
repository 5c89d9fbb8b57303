import type { EndpointSpec } from '../endpoint/endpoint.ts'
import { readEndpointAddress } from '../endpoint/endpoint-address.ts'
import type { DescribedPart } from '../runtime/part.ts'
import { combine, type Decide } from './combine.ts'
import type { Resolver } from './resolver.ts'
import { type SourceView, sourcesFault } from './sources.ts'
import type { ResolverSource } from './to-resolver.ts'

/**
 * The endpoints of all sources together. Of an endpoint that several sources name, the description of the first one counts. A source that
 * fails keeps its last answer, and does not take the endpoints of the others away.
 *
 * The first answer waits a second for sources that have not answered yet, so that a process does not begin with half of the endpoints.
 *
 * @param resolvers resolvers, or async generator functions.
 * @returns a resolver for `.resolve(...)`.
 * @throws ConfigError when there is none.
 * @example
 * ```ts
 * import { dns, merge, mesh } from 'proxyless'
 *
 * const both = merge(dns('orders.eu.internal', { port: 8080 }), dns('orders.us.internal', { port: 8080 }))
 * const net = mesh().service('orders', (s) => s.resolve(both)).build()
 * ```
 */
export function merge(...resolvers: ResolverSource[]): DescribedPart<Resolver> {
  return combine('merge', 'merge', resolvers, decide)
}

const decide: Decide = (views, waited, name) => {
  const unresolved = views.some((view) => view.resolution === undefined && !view.failing)
  if (unresolved && !waited) return undefined
  const endpoints = union(views)
  if (endpoints.length > 0) return { kind: 'endpoints', endpoints }
  if (unresolved) return undefined
  const faults = views.filter((view) => view.resolution === undefined)
  if (faults.length > 0) throw sourcesFault(name, faults)
  return views.every((view) => view.resolution?.kind === 'absent') ? { kind: 'absent' } : { kind: 'endpoints', endpoints: [] }
}

function union(views: readonly SourceView[]): EndpointSpec[] {
  const byAddress = new Map<string, EndpointSpec>()
  for (const { resolution } of views) {
    if (resolution?.kind !== 'endpoints') continue
    for (const spec of resolution.endpoints) {
      const address = readEndpointAddress(spec.url, false)?.address ?? String(spec.url)
      if (!byAddress.has(address)) byAddress.set(address, spec)
    }
  }
  return [...byAddress.values()]
}
