/** A mesh with whatever can be counted, over real sockets: a service in trouble, one that is down, and one that is rolled out with faults and copies. */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fixed, type Mesh, mesh, type Policy, poll, roundRobin } from '../../../src/index.ts'
import { metricsHandler } from '../../../src/metrics/index.ts'

async function listen(listener: RequestListener): Promise<Server> {
  const server = createServer(listener)
  // A test that fails before it can close them must end all the same.
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve).unref())
  return server
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

/** A policy that throws when it is asked to. */
const clumsy: Policy = {
  name: 'clumsy',
  scope: 'call',
  layer: () => (next) => (call) => {
    if (call.path === '/throw') throw new Error('clumsy')
    return next(call)
  },
}

/** The servers, the mesh, and its traffic. */
export class TroubledShop {
  readonly net: Mesh
  readonly #servers: readonly Server[]
  #running = true
  readonly #traffic: Promise<unknown>

  private constructor(net: Mesh, servers: readonly Server[]) {
    this.net = net
    this.#servers = servers
    this.#traffic = Promise.all([this.#browse(), this.#order(), this.#hurry()])
  }

  static async open(): Promise<TroubledShop> {
    let answers = 0
    const good = await listen((_request, response) => setTimeout(() => response.end('ok'), 5))
    const bad = await listen((_request, response) => {
      answers += 1
      response.statusCode = answers % 3 === 0 ? 503 : 200
      // Closes now and then, so that there are connections that ended.
      if (answers % 4 === 0) response.setHeader('connection', 'close')
      setTimeout(() => response.end('perhaps'), answers % 5 === 0 ? 60 : 2)
    })
    const refuse: RequestListener = (_request, response) => {
      response.statusCode = 500
      response.end('broken')
    }
    const dead = [await listen(refuse), await listen(refuse), await listen(refuse)]
    let looks = 0
    const findStock = () => {
      looks += 1
      if (looks > 1) throw new Error('the registry is down')
      return dead.map((server) => `http://127.0.0.1:${portOf(server)}`)
    }
    const net = mesh({ name: 'shop' })
      .service('orders', (s) =>
        s
          .resolve(fixed([`http://127.0.0.1:${portOf(good)}`, { url: `http://127.0.0.1:${portOf(bad)}`, zone: 'b' }]))
          .balance(roundRobin())
          .retry({ attempts: 3, backoff: { base: '1ms', max: '2ms' } })
          .hedge({ after: '20ms' })
          .rateLimit({ permits: 100, per: '1s' })
          .concurrency({ limit: 50, endpoints: { limit: 20 } })
          .admission({})
          .use(clumsy),
      )
      .service('stock', (s) =>
        s
          .resolve(poll(findStock, { every: '200ms' }))
          .retry(false)
          .ejection({ consecutive5xx: 3 })
          .circuitBreaker({ endpoints: false, service: { consecutiveFailures: 20, openFor: '1s' } })
          .concurrency({ limit: 10 }),
      )
      .service('carts', (s) =>
        s
          .resolve(
            fixed([
              { url: `http://127.0.0.1:${portOf(good)}`, labels: { version: 'v1' } },
              { url: `http://127.0.0.1:${portOf(bad)}`, labels: { version: 'v2' } },
            ]),
          )
          .split({ by: 'version', weights: { v1: 90, v2: 10 }, ramp: { to: { v1: 0, v2: 100 }, over: '10m' } })
          .mirror({ to: 'orders', share: 0.2 })
          .route({ name: 'search', match: { path: { prefix: '/search' } }, fault: { delay: { share: 0.5, time: '1ms' } } }),
      )
      .build()
    const admin = await listen((request, response) => metricsHandler(net)(request, response))
    return new TroubledShop(net, [admin, good, bad, ...dead])
  }

  /** Where metrics are, as `host:port`. */
  get target(): string {
    return `127.0.0.1:${portOf(this.#servers[0] as Server)}`
  }

  async close(): Promise<void> {
    this.#running = false
    await this.#traffic
    await this.net.close({ grace: 0 })
    for (const server of this.#servers) {
      server.close()
      server.closeAllConnections()
    }
  }

  async #browse(): Promise<void> {
    for (let i = 0; this.#running; i += 1) {
      await this.#call(i % 20 === 0 ? 'http://orders/throw' : `http://orders/v1/${i}`)
      await this.#call(i % 2 === 0 ? 'http://carts/search' : `http://carts/${i}`)
      await sleep(2)
    }
  }

  async #order(): Promise<void> {
    while (this.#running) {
      await this.#call('http://stock/', { method: 'POST', body: 'one' })
      await sleep(5)
    }
  }

  /** More at once than the rate limit lets through, however slow the machine is. */
  async #hurry(): Promise<void> {
    while (this.#running) {
      await Promise.all(Array.from({ length: 120 }, () => this.#call('http://orders/hurry')))
      await sleep(150)
    }
  }

  async #call(url: string, init?: RequestInit): Promise<void> {
    const response = await this.net.fetch(url, init).catch(() => undefined)
    await response?.text().catch(() => '')
  }
}
