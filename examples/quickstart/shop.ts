import { once } from 'node:events'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The services of the shop, and how many servers each begins with. */
export interface ShopSize {
  readonly orders: number
  readonly users: number
}

type ServiceName = keyof ShopSize

/** Real HTTP servers on this machine, and the file that says where they are. */
export class Shop {
  readonly #servers = new Map<string, Server>()
  readonly #urls: Record<ServiceName, string[]> = { orders: [], users: [] }
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The file that discovery reads. */
  get registry(): string {
    return join(this.#folder, 'registry.json')
  }

  /** Starts a server and writes it into the registry. */
  async bringIn(service: ServiceName): Promise<string> {
    const server = createServer((request, response) => {
      // Five to fifteen milliseconds of work.
      setTimeout(
        () => {
          request.resume()
          response.setHeader('content-type', 'application/json')
          response.end(JSON.stringify({ service, path: request.url }))
        },
        5 + 10 * Math.random(),
      )
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    this.#servers.set(url, server)
    this.#urls[service].push(url)
    await this.#write()
    return url
  }

  /** Takes a server out of the registry, and stops it when the news has had time to travel. */
  async takeAway(service: ServiceName): Promise<string> {
    const url = this.#urls[service].shift()
    if (url === undefined) throw new Error(`${service} has no server left`)
    await this.#write()
    void sleep(500).then(() => this.#stop(url))
    return url
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

  #stop(url: string): void {
    this.#servers.get(url)?.close()
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
