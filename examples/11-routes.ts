// What you learn: calls of one service are treated by what they are for: other deadlines, retries, limits, endpoints and paths.
import { fixed, MeshError, mesh } from 'proxyless'
import { startServer } from './support/start-server.ts'

const attempts: string[] = []
const serve = (version: string) =>
  startServer(version, (request, response) => {
    request.resume()
    attempts.push(`${request.method} ${request.url}`)
    // Reports take their time, and what is flaky fails the first time.
    const first = attempts.filter((line) => line === `GET ${request.url}`).length === 1
    if (request.url === '/reports') setTimeout(() => response.end(version), 1_500)
    else response.writeHead(request.url?.startsWith('/flaky') && first ? 503 : 200).end(version)
  })
const [v1, v2] = await Promise.all([serve('v1'), serve('v2')])

await using net = mesh({ name: 'checkout' })
  .service('shop', (s) =>
    s
      .resolve(
        fixed([
          { url: v1.url, labels: { version: 'v1' } },
          { url: v2.url, labels: { version: 'v2' } },
        ]),
      )
      .subset('version', ['v1', 'v2'])
      .deadline('1s')
      // The first route that fits a call is taken.
      .route({
        name: 'one order',
        match: { path: { pattern: '/api/orders/:id' }, method: 'GET' },
        rewrite: { path: '/orders/:id' },
        subset: { version: 'v2' },
      })
      .route({ name: 'reports', match: { path: { prefix: '/reports' } }, deadline: '15s', rateLimit: { permits: 1, per: '1m' } })
      .route({ name: 'beta', match: { headers: { 'x-beta': true } }, subset: { version: 'v2' }, retry: false }),
  )
  .build()

/** Makes a call and gives what came back, or the code of its error and its route. */
async function call(path: `/${string}`, headers: Record<string, string> = {}): Promise<string> {
  try {
    const response = await net.service('shop').fetch(path, { headers })
    return `${response.status} ${await response.text()}`
  } catch (error) {
    const cause = MeshError.from(error)
    return `${cause?.code} on ${cause?.facts.route}`
  }
}

// 1. The endpoint sees another path than the caller wrote, and it is one with the labels of the route.
console.log(await call('/api/orders/42'), attempts.at(-1)) // prints: 200 v2 GET /orders/42

// 2. Reports may take longer than the second of the service, and there is one a minute.
console.log((await call('/reports')).slice(0, 3)) // prints: 200
console.log(await call('/reports')) // prints: RATE_LIMITED on reports

// 3. Calls of the beta are not repeated; all others are, as the service says.
console.log(await call('/flaky/a', { 'x-beta': '1' })) // prints: 503 v2
console.log((await call('/flaky/b')).slice(0, 3), attempts.filter((line) => line.endsWith('/b')).length) // prints: 200 2

// 4. The snapshot counts the calls of each route.
const { routes = {} } = net.snapshot().services.shop ?? {}
const counted = Object.entries(routes).map(([name, { calls }]) => `${name}: ${calls.succeeded} of ${calls.started}`)
console.log(counted.join(', ')) // prints: one order: 1 of 1, reports: 1 of 2, beta: 0 of 1

await net.close()
await Promise.all([v1.close(), v2.close()])
