// What you learn: a new version gets more and more calls, users stay where they are, and when it does worse everything goes back by itself.
import { fixed, mesh } from 'proxyless'
import { startServer } from './support/start-server.ts'

let broken = false
const old = await startServer('v1')
const fresh = await startServer('v2', (request, response) => {
  request.resume()
  response.writeHead(broken ? 500 : 200, { 'content-type': 'application/json' }).end(JSON.stringify({ name: 'v2' }))
})

await using net = mesh({ name: 'checkout' })
  .service('orders', (s) =>
    s
      .resolve(
        fixed([
          { url: old.url, labels: { version: 'v1' } },
          { url: fresh.url, labels: { version: 'v2' } },
        ]),
      )
      // So that one sees the split alone; with circuits, a version whose endpoints are left alone is served by the other one.
      .circuitBreaker(false)
      .ejection(false)
      .subset('version', ['v1', 'v2'])
      .split({
        by: 'version',
        weights: { v1: 90, v2: 10 },
        stickyBy: { header: 'x-user-id' },
        // In production: { after: '10m', share: 0.1 }, { after: '30m', share: 0.5 }, { after: '1h', share: 1 }.
        ramp: {
          to: { v2: 100 },
          steps: [
            { after: '3s', share: 0.5 },
            { after: '1h', share: 1 },
          ],
        },
        // Two calls in a hundred worse than v1, of at least 20 within a minute: that is what is taken anyway.
        abort: { margin: 0.02, minCalls: 20, window: '1m' },
      }),
  )
  .build()

const stepped = new Promise((resolve) => net.on('split-stepped', resolve))
net.on('split-stepped', ({ shares }) => console.log('step:', shares))
net.on('split-aborted', ({ version, reason, figures }) => {
  console.log(
    `${version} is given up because of its ${reason}: ${figures?.failureShare} of its calls, ${figures?.stableFailureShare} of those of v1`,
  )
})

/** Which version serves each of 200 users; `failed` for a call that was answered with a 500. */
async function round(): Promise<string[]> {
  const versions: string[] = []
  for (let user = 0; user < 200; user += 1) {
    const response = await net.service('orders').fetch('/', { headers: { 'x-user-id': `user-${user}` } })
    versions.push(response.ok ? ((await response.json()) as { name: string }).name : 'failed')
    if (!response.ok) await response.text()
  }
  return versions
}

const before = await round()
await stepped // prints: step: { v2: 0.55, v1: 0.45 }
const after = await round()
// A tenth at first, and then more than half; nobody who was on v2 went back.
console.log('v2 grew:', before.filter((each) => each === 'v2').length < after.filter((each) => each === 'v2').length) // prints: v2 grew: true
console.log('went back:', before.filter((each, user) => each === 'v2' && after[user] === 'v1').length) // prints: went back: 0

broken = true
const failed = (await round()).filter((each) => each === 'failed').length // prints: v2 is given up because of its failures
console.log('few calls were lost:', failed > 0 && failed < 60) // prints: few calls were lost: true
console.log([...new Set(await round())], net.service('orders').split.state) // prints: [ 'v1' ] aborted

// It is repaired, and somebody takes it up again, where it was.
broken = false
net.service('orders').split.resume()
console.log([...new Set(await round())].sort(), net.snapshot().services.orders?.split?.progress) // prints: [ 'v1', 'v2' ] 0.5

await net.close()
await Promise.all([old.close(), fresh.close()])
