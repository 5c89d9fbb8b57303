// What you learn: a balancer of your own, as a function for one service and as a part that others can configure.
import { type Balancer, fixed, mesh, part } from 'proxyless'
import { startServer } from './support/start-server.ts'

const [near, far] = [await startServer('near'), await startServer('far')]
const endpoints = fixed([
  { url: near.url, labels: { rack: 'r1' } },
  { url: far.url, labels: { rack: 'r2' } },
])

/** Prefers the endpoints of one rack; takes any other when those of the rack have been tried. */
function preferRack(rack: string) {
  return part<Balancer>('prefer-rack', { rack }, (host) => {
    const draws = host.random.fork('prefer-rack')
    return {
      name: 'prefer-rack',
      // A picker is made whenever the endpoints change: what can be worked out in advance is worked out here.
      picker: (all) => {
        const inRack = all.filter((endpoint) => endpoint.labels.rack === rack)
        return {
          pick({ isSpent }) {
            const fresh = inRack.filter((endpoint) => !isSpent(endpoint))
            const pool = fresh.length > 0 ? fresh : all.filter((endpoint) => !isSpent(endpoint))
            return pool[Math.floor(draws.next() * pool.length)] ?? all[0]
          },
        }
      },
    }
  })
}

await using net = mesh({ name: 'custom-balancer' })
  .service('orders', (s) => s.resolve(endpoints).balance(preferRack('r1')))
  // The short form: choose among the endpoints that the call has not tried.
  .service('users', (s) => s.resolve(endpoints).balance((candidates) => candidates.at(-1)))
  .build()

const answeredBy = async (url: string) => ((await (await net.fetch(url)).json()) as { name: string }).name
console.log('orders:', await answeredBy('http://orders/'), await answeredBy('http://orders/')) // prints: orders: near near
console.log('users:', await answeredBy('http://users/'), await answeredBy('http://users/')) // prints: users: far far
console.log(JSON.stringify(net.plan.services.orders?.balancer)) // prints: {"kind":"prefer-rack","rack":"r1"}

await near.close()
console.log('orders, with the rack gone:', await answeredBy('http://orders/')) // prints: orders, with the rack gone: far
await far.close()
