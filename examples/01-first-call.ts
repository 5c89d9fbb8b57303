// What you learn: describe a service, call it by its name, and read what the mesh knows afterwards.
import { fixed, mesh } from 'proxyless'
import { startServer } from './support/start-server.ts'

const servers = [await startServer('one'), await startServer('two')]

await using net = mesh({ name: 'first-call' })
  .service('orders', (s) => s.resolve(fixed(servers.map((server) => server.url))).deadline('10s'))
  .build()

// By URL: the host names the service. Anything that takes a `fetch` takes `net.fetch`.
const response = await net.fetch('http://orders/v1/orders/42')
const { path } = (await response.json()) as { path: string }
console.log(response.status, path) // prints: 200 /v1/orders/42

// By name: a service that does not exist is a type error.
const created = await net.service('orders').fetch('/v1/orders', { method: 'POST', body: JSON.stringify({ item: 7 }) })
console.log(created.ok) // prints: true

const { orders } = net.snapshot().services
console.log(`${orders?.calls.succeeded} calls, ${orders?.endpoints.length} endpoints`) // prints: 2 calls, 2 endpoints
for (const server of servers) await server.close()
