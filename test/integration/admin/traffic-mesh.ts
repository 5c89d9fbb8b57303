import type { TestContext } from 'node:test'
import { fixed, type Mesh, mesh, part, type QuotaSource } from '../../../src/index.ts'
import { byEndpoint, scriptedTransport } from '../../../src/testing/index.ts'

/** A mesh without a wire whose `orders` have routes, versions, limits, faults, a copy and a quota that cannot be reached when `lease` rejects. */
export function trafficMesh(
  t: TestContext,
  lease: QuotaSource['lease'] = async (_terms, wanted) => ({ granted: wanted, processes: 3, againMs: 50 }),
): Mesh {
  const quota = part<QuotaSource>('scripted-quota', {}, () => ({
    name: 'redis',
    outage: { policy: 'allow', processes: 3 },
    lease,
    giveBack: async () => {},
    close: async () => {},
  }))
  const answers = { status: 200, body: 'ok' }
  const net = mesh({
    name: 'shop',
    transport: scriptedTransport(
      byEndpoint({ 'http://10.0.0.1:80': answers, 'http://10.0.0.2:80': { status: 500, body: 'no' }, 'http://10.0.1.1:80': answers }),
    ),
  })
    .service('orders', (s) =>
      s
        .resolve(
          fixed([
            { url: 'http://10.0.0.1:80', labels: { version: 'v1' } },
            { url: 'http://10.0.0.2:80', labels: { version: 'v2' } },
          ]),
        )
        .circuitBreaker(false)
        .ejection(false)
        .retry({ attempts: 2, on: ['5xx'] })
        .subset('version', ['v1', 'v2'])
        .split({ by: 'version', weights: { v1: 50, v2: 50 }, ramp: { to: { v2: 100 }, steps: [{ after: '1h', share: 1 }] } })
        .rateLimit({ permits: 10_000, quota })
        .concurrency({ limit: 8, endpoints: { limit: 4 } })
        .mirror({ to: 'shadow', share: 1 })
        .fault({ enabled: false, abort: { share: 1, error: 'reset' } })
        .route({ name: 'reports', match: { path: { prefix: '/reports' } }, concurrency: { limit: 2 }, circuitBreaker: {} })
        .route({ name: 'beta', match: { path: { prefix: '/beta' } } }),
    )
    .service('shadow', (s) => s.resolve(fixed(['http://10.0.1.1:80'])))
    .build() as unknown as Mesh
  t.after(() => net.close({ grace: 0 }))
  return net
}

/** Makes some calls, one after the other, whatever comes of them. */
export async function callSome(net: Mesh, path: string, times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) {
    const reply = await net.fetch(`http://orders${path}`).catch(() => undefined)
    await reply?.text()
  }
}
