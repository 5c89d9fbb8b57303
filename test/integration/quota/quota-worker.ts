// One process that calls as fast as it may, through a quota that it shares. It prints what it did, and ends when it is told.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fixed, mesh } from '../../../src/index.ts'
import { type QuotaOptions, quota } from '../../../src/quota.ts'

interface Job {
  readonly quota: QuotaOptions
  readonly permits: number
  readonly burst: number
  readonly forMs: number
  readonly callers: number
}

process.once('message', async (job: Job) => {
  const server = createServer((_request, response) => response.end('ok'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const net = mesh()
    .service('partner', (s) =>
      s
        .resolve(fixed([`http://127.0.0.1:${port}`]))
        .deadline('20s')
        .rateLimit({ permits: job.permits, per: '1s', burst: job.burst, overflow: 'queue', quota: quota(job.quota) }),
    )
    .build()
  const startedAt = performance.now()
  let calls = 0
  const caller = async () => {
    while (performance.now() - startedAt < job.forMs) {
      const response = await net.fetch('http://partner/')
      await response.text()
      if (performance.now() - startedAt < job.forMs) calls += 1
    }
  }
  await Promise.all(Array.from({ length: job.callers }, caller))
  const { rateLimit } = net.snapshot().services.partner as { rateLimit: { quota: unknown } }
  process.send?.({ calls, quota: rateLimit.quota })
  await net.close()
  server.close()
  process.disconnect()
})
process.send?.('ready')
