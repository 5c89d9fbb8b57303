// What you learn: why a call was slow, why an endpoint was not chosen, and what would become of a call now, without making it.
import { fixed, mesh, meshInfo, primaryBackup, printExplanation, printRecord } from 'proxyless'
import { startServer } from './support/start-server.ts'

// The first one answers 503 once; the second one takes its time.
let failures = 1
const one = await startServer('one', (_, response) => {
  response.statusCode = failures-- > 0 ? 503 : 200
  response.end('one')
})
const two = await startServer('two', (_, response) => void setTimeout(() => response.end('two'), 40))

await using net = mesh({ name: 'checkout' })
  .service('orders', (s) =>
    s
      .resolve(fixed([one.url, two.url]))
      .balance(primaryBackup())
      .deadline('20s'),
  )
  .build()

// Nothing is recorded for this call beyond what the mesh knows anyway; the record is made when it is asked for.
const response = await net.fetch('http://orders/v1/42?token=secret')
await response.text()
const info = meshInfo(response)
if (info !== undefined) console.log(printRecord(info)) // prints: orders: GET /v1/42?token=REDACTED -> succeeded 200
console.log('attempts:', info?.attempts.map(({ result }) => result).join(', ')) // prints: attempts: 503, 200

// What would happen now? Nothing is sent, and no permit, probe or turn is taken.
net.service('orders').eject(one.url, '10s')
const explained = net.explain('http://orders/v1/43', { method: 'POST' })
console.log(printExplanation(explained)) // prints: POST /v1/43 to orders: sent
console.log('out:', explained.endpoints.find(({ eligible }) => !eligible)?.reason) // prints: out: ejected

// The failed and the slowest calls leave their records, for whoever looks later.
net.service('orders').circuit.force('open')
const error = await net.fetch('http://orders/v1/44').catch((reason: unknown) => reason)
console.log('refused:', meshInfo(error)?.error?.code) // prints: refused: CIRCUIT_OPEN
for (const { kept, path } of net.recent()) console.log(kept, path)
// prints: failed /v1/44
// prints: slow /v1/42?token=REDACTED

await Promise.all([one.close(), two.close()])
