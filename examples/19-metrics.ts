// What you learn: a mesh counts what it does, and Prometheus scrapes it from an address of your program.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fixed, mesh } from 'proxyless'
import { metricsHandler } from 'proxyless/metrics'
import { startServer } from './support/start-server.ts'

// Its first answer is an error, so that there is something to repeat.
let failures = 1
const orders = await startServer('orders', (_request, response) => {
  response.statusCode = failures-- > 0 ? 503 : 200
  response.end('order 42')
})

await using net = mesh({ name: 'checkout' })
  .service('orders', (s) => s.resolve(fixed([orders.url])))
  .build()

// On an address of its own, which your callers do not reach.
const metrics = createServer(metricsHandler(net))
await new Promise<void>((resolve) => metrics.listen(0, '127.0.0.1', resolve))

const response = await net.fetch('http://orders/v1/42')
console.log(await response.text()) // prints: order 42

const { port } = metrics.address() as AddressInfo
const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
for (const line of text.split('\n').filter((each) => /^proxyless_(attempts_total|attempts_repeated|calls_total).* [^0]/.test(each)))
  console.log(line)
// prints: proxyless_calls_total{proxyless_mesh="checkout",proxyless_service="orders",proxyless_result="succeeded"} 1
// prints: proxyless_attempts_total{proxyless_mesh="checkout",proxyless_service="orders",proxyless_verdict="success"} 1
// prints: proxyless_attempts_total{proxyless_mesh="checkout",proxyless_service="orders",proxyless_verdict="failure"} 1
// prints: proxyless_attempts_repeated_total{proxyless_mesh="checkout",proxyless_service="orders",proxyless_reason="503"} 1

// How much is made of the endpoints: R, T and S.
const { security, utilisation } = net.snapshot().utilisation
console.log(`busy ${utilisation}, secured ${security}`) // prints: busy 0, secured 0

metrics.closeAllConnections()
metrics.close()
await orders.close()
