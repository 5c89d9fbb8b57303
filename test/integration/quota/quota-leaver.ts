// One process that makes a call through a quota, and then has nothing left to do: it says so, and closes nothing.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fixed, mesh } from '../../../src/index.ts'
import { quota } from '../../../src/quota.ts'

const server = createServer((_request, response) => response.end('ok'))
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const net = mesh()
  .service('partner', (s) =>
    s
      .resolve(fixed([`http://127.0.0.1:${(server.address() as AddressInfo).port}`]))
      .rateLimit({ permits: 10, quota: quota({ redis: process.argv[2] as string, name: 'leaver', onOutage: 'refuse', timeout: '3s' }) }),
  )
  .build()
const said = await net.fetch('http://partner/').then(
  (response) => response.text(),
  (error: Error & { cause?: { code?: string } }) => String(error.cause?.code),
)
server.closeAllConnections()
server.close()
process.send?.(said, () => process.disconnect())
