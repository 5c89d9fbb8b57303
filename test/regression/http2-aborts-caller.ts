// Makes calls with bodies over HTTP/2, and gives nearly all of them up a moment later. It ends by itself, unless it stands still.
import { fixed, mesh } from '../../src/index.ts'

const net = mesh()
  .service('orders', (s) =>
    s
      .resolve(fixed([process.argv[2] as string]))
      .http({ protocol: 'h2' })
      .bare(),
  )
  .build()
const endsAt = performance.now() + 1_500
let calls = 0
const caller = async (number: number) => {
  for (let i = 0; performance.now() < endsAt || calls <= 400; i += 1) {
    calls += 1
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(), (number * 7 + i * 3) % 6)
    await net
      .fetch('http://orders/', { method: 'POST', body: 'hello'.repeat(100), signal: abort.signal })
      .then(
        (response) => response.text(),
        () => '',
      )
      .catch(() => '')
    clearTimeout(timer)
  }
}
await Promise.all(Array.from({ length: 40 }, (_, number) => caller(number)))
const response = await net.fetch('http://orders/', { method: 'POST', body: 'at last' })
await response.text()
const { inFlight } = net.snapshot().services.orders?.calls ?? {}
await net.close()
process.send?.({ calls, inFlight, status: response.status }, () => process.disconnect())
