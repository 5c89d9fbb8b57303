// What you learn: calls to a partner are spaced evenly, the important ones go first, and what the partner says of its own limit is kept to.
import { fixed, leakyBucket, MeshError, mesh } from 'proxyless'
import { startServer } from './support/start-server.ts'

let exhausted = false
const order: (string | undefined)[] = []
const partner = await startServer('partner', (request, response) => {
  request.resume()
  order.push(request.url)
  // A partner says how much it still takes, and when it takes more again.
  response.writeHead(200, exhausted ? { 'ratelimit-remaining': '0', 'ratelimit-reset': '30' } : {}).end('partner')
})

await using net = mesh({ name: 'checkout' })
  .service('partner', (s) =>
    s.resolve(fixed([partner.url])).rateLimit(leakyBucket({ permits: 5, per: '1s', overflow: 'queue', maxQueue: 100, obeyServer: true })),
  )
  .build()

/** Makes a call and gives its status, or the code of its error. */
async function call(path: string, options: { priority?: number; deadline?: `${number}ms` } = {}): Promise<string> {
  try {
    const response = await net.fetch(`http://partner${path}`, { mesh: options })
    await response.text()
    return String(response.status)
  } catch (error) {
    return MeshError.from(error)?.code ?? String(error)
  }
}

// 1. Five at once: one passes, four wait their turn of 200 ms, the important one first and the unimportant one last.
const startedAt = performance.now()
const calls = [call('/a'), call('/b'), call('/report', { priority: 9 }), call('/c'), call('/payment', { priority: 0 })]
console.log((await Promise.all(calls)).join(' ')) // prints: 200 200 200 200 200
console.log(order.join(' ')) // prints: /a /payment /b /c /report
console.log('evenly spaced:', performance.now() - startedAt >= 800) // prints: evenly spaced: true

// 2. The partner takes no more for half a minute. A call that cannot wait so long ends by its deadline, and nothing of it was sent.
exhausted = true
await call('/last')
console.log(await call('/late', { deadline: '100ms' }), order.at(-1)) // prints: DEADLINE_EXCEEDED /last

await net.close()
await partner.close()
