// What you learn: processes share one rate through Redis, and go on with their own part of it while Redis cannot be reached.
// With REDIS_URL it uses that Redis; without, it shows what happens when there is none.
import { fixed, MeshError, mesh } from 'proxyless'
import { quota } from 'proxyless/quota'
import { startServer } from './support/start-server.ts'

const partner = await startServer('partner', (request, response) => {
  request.resume()
  response.end('partner')
})

// Ten processes share 100 calls a second. Nobody listens at port 1: this is the outage that the policy is for.
const shared = quota({
  redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:1',
  name: 'partner',
  onOutage: 'local-share',
  processes: 10,
})
await using net = mesh({ name: 'checkout' })
  .service('partner', (s) => s.resolve(fixed([partner.url])).rateLimit({ permits: 100, per: '1s', quota: shared }))
  .build()
net.on('quota-lost', ({ policy }) => console.log('quota lost, policy:', policy)) // prints: quota lost, policy: local-share

/** Makes a call and gives its status, or the code of its error. */
async function call(): Promise<string> {
  try {
    const response = await net.fetch('http://partner/')
    await response.text()
    return String(response.status)
  } catch (error) {
    return MeshError.from(error)?.code ?? String(error)
  }
}

// Thirty at once: this process has ten of the hundred.
const answers = await Promise.all(Array.from({ length: 30 }, call))
console.log(answers.filter((answer) => answer === '200').length, answers.filter((answer) => answer === 'RATE_LIMITED').length) // prints: 10 20

await net.close()
await partner.close()
