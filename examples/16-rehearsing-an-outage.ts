// What you learn: an outage of one server is rehearsed with faults while calls go on. Callers lose nothing, and what no retry can mend is found.
import { type FaultOptions, fixed, MeshError, mesh, roundRobin } from 'proxyless'
import { startServer } from './support/start-server.ts'

const servers = await Promise.all(['a', 'b', 'c'].map((name) => startServer(name)))
const urls = servers.map(({ url }) => url)
const sick = urls.slice(0, 1)

await using net = mesh({ name: 'rehearsal' })
  .service('orders', (s) =>
    s
      .resolve(fixed(urls))
      .balance(roundRobin())
      .retry({ attemptTimeout: '500ms' })
      // One guard is enough to see what happens.
      .circuitBreaker({ openFor: '30s' })
      .ejection(false)
      // The first server resets every connection, once somebody says so. In production this needs `allowInProduction: true`.
      .fault({ enabled: false, match: { endpoints: sick }, abort: { share: 1, error: 'reset' }, maxActive: 20 }),
  )
  .build()

let injected = 0
net.on('fault-injected', () => {
  injected += 1
})
net.on('circuit-opened', ({ endpoint }) => console.log('circuit of', endpoint === sick[0] ? 'the first server' : endpoint, 'opened'))

/** How many of 60 calls their callers lose, and why. */
async function lost(): Promise<string> {
  const reasons = new Map<string, number>()
  for (let i = 0; i < 60; i += 1) {
    try {
      const response = await net.fetch('http://orders/v1/42')
      await response.text()
    } catch (error) {
      const reason = MeshError.from(error)?.code ?? String(error)
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    }
  }
  return `${[...reasons].map(([reason, count]) => `${count} ${reason}`).join(', ') || 'none'}`
}

/** Another rehearsal, with all servers back from the last one. */
function rehearse(fault: FaultOptions): void {
  const { orders } = net.plan.services
  if (orders === undefined) return
  net.apply({ ...net.plan, services: { orders: { ...orders, fault } } })
  const { circuit } = net.service('orders')
  for (const url of sick) {
    circuit.force('closed', url)
    circuit.force(undefined, url)
  }
  injected = 0
}

// 1. Before: no faults, nothing lost.
console.log('calls lost:', await lost(), '- faults:', injected) // prints: calls lost: none - faults: 0

// 2. The first server resets its connections. Five calls in a row go to another server, then its circuit is open and nobody asks it any more.
net.service('orders').fault.enable()
console.log('calls lost:', await lost(), '- faults:', injected) // prints: calls lost: none - faults: 5

// 3. It hangs instead. Attempts are given up after half a second and made elsewhere.
rehearse({ match: { endpoints: sick }, abort: { share: 1, error: 'timeout' } })
console.log('calls lost:', await lost(), '- faults:', injected) // prints: calls lost: none - faults: 5

// 4. It dies in the middle of its replies. No retry mends that: the caller has the beginning. This is what a rehearsal is for.
rehearse({ match: { endpoints: sick }, cutBody: { share: 1, afterBytes: 10 } })
console.log('calls lost:', await lost(), '- faults:', injected) // prints: calls lost: 5 CONNECTION_LOST - faults: 5

const { fault } = net.snapshot().services.orders ?? {}
console.log('cut:', fault?.cut, '- under a fault now:', fault?.active) // prints: cut: 5 - under a fault now: 0

await net.close()
await Promise.all(servers.map((server) => server.close()))
