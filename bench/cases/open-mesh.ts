import { fixed, type Mesh, type MeshOptions, mesh } from 'proxyless'
import type { Dispatcher } from 'undici'
import { NotHere } from '../case.ts'

/** Far more than anybody asks for: the limit is counted, and never reached. */
const plenty = { permits: 1_000_000_000 }

/** The mesh under test: every server as an endpoint, every default, and a rate limit. */
export function openMesh(urls: readonly string[], options: MeshOptions = {}): Mesh {
  return mesh({ name: 'bench', ...options })
    .service('orders', (s) => s.resolve(fixed(urls)).rateLimit(plenty))
    .build()
}

/** `net.dispatcher` of such a mesh. */
export function openDispatcher(urls: readonly string[]): Dispatcher {
  const { dispatcher } = openMesh(urls) as { dispatcher?: Dispatcher }
  if (dispatcher === undefined) throw new NotHere('the mesh has no net.dispatcher yet')
  return dispatcher
}
