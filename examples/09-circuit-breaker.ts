// What you learn: an endpoint that fails is left alone and comes back by itself; a service can refuse calls at once; both can be forced.
import { fixed, MeshError, mesh, roundRobin } from 'proxyless'
import { startServer } from './support/start-server.ts'

let ill = true
const good = await startServer('good')
const sick = await startServer('sick', (request, response) => {
  request.resume()
  // Fast and wrong: to a balancer that looks at latency, it is the best endpoint there is.
  response.writeHead(ill ? 500 : 200).end('sick')
})

await using net = mesh({ name: 'circuits' })
  .service('orders', (s) =>
    s
      .resolve(fixed([good.url, sick.url]))
      .balance(roundRobin())
      // Endpoints have circuits by default; here they open for a short time, so that the example ends soon.
      .circuitBreaker({ openFor: '2s', jitter: 0 }),
  )
  .build()
net.on('circuit-opened', ({ endpoint, reason, openForMs }) => console.log(endpoint ?? 'service', 'opened:', reason, openForMs, 'ms'))
const probing = new Promise((resolve) => net.on('circuit-half-open', resolve))
net.on('circuit-closed', ({ endpoint }) => console.log(endpoint ?? 'service', 'closed'))

/** How many of some calls fail. */
async function failures(calls: number): Promise<number> {
  let failed = 0
  for (let i = 0; i < calls; i += 1) {
    const response = await net.fetch('http://orders/')
    await response.text()
    if (response.status >= 500) failed += 1
  }
  return failed
}

// 1. Five failures in a row open the circuit of the endpoint; all other calls go to the good one.
console.log('failed of 40:', await failures(40)) // prints: failed of 40: 5

// 2. It has recovered. When the open time is over, one call is the probe; it passes, and the endpoint is back.
ill = false
await probing
console.log('failed of 10:', await failures(10)) // prints: failed of 10: 0
const states = net.snapshot().services.orders?.endpoints.map(({ circuit }) => circuit?.state ?? 'closed')
console.log('circuits:', states?.join(', ')) // prints: circuits: closed, closed

// 3. Somebody on call keeps all calls away for a while.
const { circuit } = net.service('orders')
circuit.force('open')
const error = MeshError.from(await net.fetch('http://orders/').catch((thrown: unknown) => thrown))
console.log(error?.code, error?.facts.sent) // prints: CIRCUIT_OPEN false
circuit.force(undefined)
console.log('failed of 10:', await failures(10)) // prints: failed of 10: 0

await net.close()
await Promise.all([good.close(), sick.close()])
