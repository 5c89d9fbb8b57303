// What you learn: calls stay in the zone of the caller, and go to the other zone when nobody in the own one answers.
import { fixed, mesh } from 'proxyless'
import { startServer } from './support/start-server.ts'

const here = [await startServer('a1'), await startServer('a2')]
const there = [await startServer('b1'), await startServer('b2')]
const endpoints = fixed([
  ...here.map(({ url }) => ({ url, region: 'eu-west-1', zone: 'a' })),
  ...there.map(({ url }) => ({ url, region: 'eu-west-1', zone: 'b' })),
])

await using net = mesh({ name: 'two-zones' })
  // Zone a first, then the rest of the region, then anywhere.
  .service('orders', (s) => s.resolve(endpoints).locality({ region: 'eu-west-1', zone: 'a', mode: 'failover' }))
  // Nine of ten calls stay in zone a, whatever comes.
  .service('users', (s) => s.resolve(endpoints).locality({ mode: 'weighted', weights: { a: 9, b: 1 } }))
  // Nobody outside of zone c will do, and there is nobody.
  .service('ledger', (s) => s.resolve(endpoints).locality({ zone: 'c', mode: 'strict' }))
  .build()

async function zonesOf(service: string, calls: number): Promise<Record<string, number>> {
  const zones: Record<string, number> = {}
  for (let i = 0; i < calls; i += 1) {
    const { name } = (await (await net.fetch(`http://${service}/`)).json()) as { name: string }
    const zone = name.charAt(0)
    zones[zone] = (zones[zone] ?? 0) + 1
  }
  return zones
}

console.log('orders:', JSON.stringify(await zonesOf('orders', 20))) // prints: orders: {"a":20}
const { a = 0, b = 0 } = await zonesOf('users', 300)
console.log('users, mostly in a:', a > 5 * b) // prints: users, mostly in a: true

const [nearest] = net.snapshot().services.orders?.tiers ?? []
console.log('first tier:', nearest?.endpoints, 'endpoints,', nearest?.load, '% of the calls') // prints: first tier: 2 endpoints, 100 % of the calls

for (const server of here) await server.close()
console.log('orders, with zone a gone:', JSON.stringify(await zonesOf('orders', 5))) // prints: orders, with zone a gone: {"b":5}

await net.fetch('http://ledger/').catch(({ cause }) => console.log(cause.message)) // prints: locality is strict and none of 4 endpoints is in zone c
for (const server of there) await server.close()
