// What you learn: some calls go to a new version, by label, and to the old one when the new one is not there.
import { fixed, mesh } from 'proxyless'
import { startServer } from './support/start-server.ts'

const [stable, canary] = [await startServer('stable'), await startServer('canary')]
const both = [
  { url: stable.url, labels: { version: 'v1' } },
  { url: canary.url, labels: { version: 'v2' } },
]

const net = mesh({ name: 'canary' })
  .service('orders', (s) =>
    s
      .resolve(fixed(both))
      .subset('version', ['v1', 'v2'])
      // A label or a value that is not declared above does not compile.
      .subsetFallback({ subset: { version: 'v1' } }),
  )
  .build()

/** One user in four tries the new version, and always the same ones. */
async function orderOf(user: number): Promise<string> {
  const version = user % 4 === 0 ? 'v2' : 'v1'
  const response = await net.service('orders').fetch('/', { mesh: { subset: { version } } })
  return ((await response.json()) as { name: string }).name
}

console.log(await Promise.all([1, 2, 3, 4].map(orderOf))) // prints: [ 'stable', 'stable', 'stable', 'canary' ]

// The canary is taken out: its users are served by the old version, and no call fails.
const { orders } = net.plan.services
const gone = new Promise((resolve) => net.on('endpoints-changed', resolve))
net.apply({ ...net.plan, services: { orders: { ...orders, resolver: fixed(both.slice(0, 1)) } } })
await gone
console.log(await Promise.all([3, 4].map(orderOf))) // prints: [ 'stable', 'stable' ]

await net.close()
await Promise.all([stable.close(), canary.close()])
