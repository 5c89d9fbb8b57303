import { once } from 'node:events'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { traceServer } from 'proxyless/tracing'

/** The services of the shop, and how many servers each begins with. */
export interface ShopSize {
  readonly orders: number
  readonly users: number
}

type ServiceName = keyof ShopSize

/** How a server fares. */
interface Running {
  readonly server: Server
  /** Times the five to fifteen milliseconds that a request is worked on. */
  slowness: number
  /** Whether it answers 500 at once, without working. */
  broken: boolean
}

/** Real HTTP servers on this machine, the file that says where they are, and what can happen to them. */
export class Shop {
  readonly #servers = new Map<string, Running>()
  readonly #urls: Record<ServiceName, string[]> = { orders: [], users: [] }
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The file that discovery reads. */
  get registry(): string {
    return join(this.#folder, 'registry.json')
  }

  /** The address of a server, by its place in the registry. */
  url(service: ServiceName, index: number): string {
    const url = this.#urls[service][index]
    if (url === undefined) throw new RangeError(`${service} has no server ${index}`)
    return url
  }

  /** Starts a server and writes it into the registry. */
  async bringIn(service: ServiceName): Promise<string> {
    const serve: RequestListener = (request, response) => {
      request.resume()
      if (running.broken) {
        response.statusCode = 500
        response.end('broken')
        return
      }
      const answer = (): void => {
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify({ service, path: request.url }))
      }
      setTimeout(answer, (5 + 10 * Math.random()) * running.slowness)
    }
    // Costs nothing until somebody traces.
    const server = createServer(traceServer(serve))
    const running: Running = { server, slowness: 1, broken: false }
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    this.#servers.set(url, running)
    this.#urls[service].push(url)
    await this.#write()
    return url
  }

  /** Ends a server as a crash does, with whatever it was working on. Nobody takes it out of the registry. */
  kill(url: string): void {
    const { server } = this.#running(url)
    server.closeAllConnections()
    server.close()
  }

  /** Makes a server so many times slower. */
  slowDown(url: string, times: number): void {
    this.#running(url).slowness = times
  }

  /** Lets a server answer 500 from now on, faster than any other answers. */
  breakDown(url: string): void {
    this.#running(url).broken = true
  }

  /** Takes a server out of the registry, and stops it when the news has had time to travel. */
  async takeAway(service: ServiceName, url: string): Promise<void> {
    this.#urls[service] = this.#urls[service].filter((other) => other !== url)
    await this.#write()
    void sleep(500).then(() => this.#stop(url))
  }

  /** Waits. */
  pause(ms: number): Promise<void> {
    return sleep(ms)
  }

  /** Stops every server. */
  async close(): Promise<void> {
    for (const url of this.#servers.keys()) this.#stop(url)
    await rm(this.#folder, { recursive: true })
  }

  #running(url: string): Running {
    const running = this.#servers.get(url)
    if (running === undefined) throw new RangeError(`no server at ${url}`)
    return running
  }

  #stop(url: string): void {
    this.#servers.get(url)?.server.close()
    this.#servers.delete(url)
  }

  /** A file is replaced by renaming another one over it, so that no reader sees half of it. */
  async #write(): Promise<void> {
    const next = `${this.registry}.next`
    await writeFile(next, JSON.stringify({ services: this.#urls }, null, 2))
    await rename(next, this.registry)
  }
}

/** Starts the shop. */
export async function startShop(size: ShopSize): Promise<Shop> {
  const shop = new Shop(await mkdtemp(join(tmpdir(), 'proxyless-quickstart-')))
  for (let i = 0; i < size.orders; i += 1) await shop.bringIn('orders')
  for (let i = 0; i < size.users; i += 1) await shop.bringIn('users')
  return shop
}
