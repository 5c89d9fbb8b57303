import { fixed, type Mesh, mesh } from 'proxyless'

/** Far more than anybody asks for: the limit is counted, and never reached. */
const plenty = { permits: 1_000_000_000, per: '1s' }

/** The mesh under test: every server as an endpoint, every default, and a rate limit where there is such a thing. */
export function openMesh(urls: readonly string[]): Mesh {
  return mesh({ name: 'bench' })
    .service('orders', (s) => {
      const service = s.resolve(fixed(urls))
      const limited = service as { rateLimit?: (limit: typeof plenty) => typeof service }
      return limited.rateLimit?.(plenty) ?? service
    })
    .build()
}
