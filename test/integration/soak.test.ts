import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { inFlight, type Mesh, mesh, powerOfTwo, type ResolveFunction } from '../../src/index.ts'
import { seededRandom } from '../../src/runtime/seeded-random.ts'
import { until } from '../servers/server-kit.ts'

const calls = 100_000
const callers = 64
const abortedShare = 0.1
const large = Buffer.alloc(100_000, 'l')

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Servers that come and go. */
class Fleet {
  readonly #servers = new Map<string, Server>()
  readonly #listeners = new Set<() => void>()
  urls: string[] = []

  async add(): Promise<void> {
    const server = createServer((request, response) => {
      const path = request.url ?? ''
      const answer = () => {
        if (path.startsWith('/large')) response.end(large)
        else if (path.startsWith('/echo')) request.pipe(response)
        else response.end(path)
      }
      if (path.endsWith('slow')) setTimeout(answer, 15)
      else answer()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    this.#servers.set(url, server)
    this.#change([...this.urls, url])
  }

  /** Out of discovery at once, dead a moment later. */
  async remove(): Promise<void> {
    const [url, ...rest] = this.urls
    if (url === undefined) return
    this.#change(rest)
    await sleep(250)
    const server = this.#servers.get(url)
    this.#servers.delete(url)
    server?.closeAllConnections()
    server?.close()
  }

  readonly resolver: ResolveFunction = async function* (this: Fleet, _service: string, { signal }: { signal: AbortSignal }) {
    while (!signal.aborted) {
      const changed = new Promise<void>((resolve) => {
        const done = () => {
          this.#listeners.delete(done)
          signal.removeEventListener('abort', done)
          resolve()
        }
        this.#listeners.add(done)
        signal.addEventListener('abort', done)
      })
      yield this.urls
      await changed
    }
  }.bind(this)

  async connections(): Promise<number> {
    const counts = [...this.#servers.values()].map(
      (server) => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count))),
    )
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
  }

  close(): void {
    for (const server of this.#servers.values()) server.close()
  }

  #change(urls: string[]): void {
    this.urls = urls
    for (const listener of [...this.#listeners]) listener()
  }
}

/** How the calls went. */
interface Tally {
  answered: number
  aborted: number
  readonly lost: string[]
}

async function callOnce(net: Mesh, draw: () => number, number: number, tally: Tally): Promise<void> {
  const leaves = draw() < abortedShare
  const controller = leaves ? new AbortController() : undefined
  const reason = leaves ? new Error(`left ${number}`) : undefined
  if (leaves) setTimeout(() => controller?.abort(reason), 20 * draw())
  const kind = draw()
  const slow = draw() < 0.3 ? 'slow' : ''
  const init = controller === undefined ? {} : { signal: controller.signal }
  try {
    if (kind < 0.05) {
      const response = await net.fetch(`http://soak/large/${number}${slow}`, init)
      assert.equal((await response.arrayBuffer()).byteLength, large.byteLength)
    } else if (kind < 0.1) {
      const body = `echo ${number}`
      const response = await net.fetch(`http://soak/echo/${slow}`, { ...init, method: 'PUT', body })
      assert.equal(await response.text(), body)
    } else {
      const path = `/${number}${slow}`
      assert.equal(await (await net.fetch(`http://soak${path}`, init)).text(), path)
    }
    tally.answered += 1
  } catch (error) {
    if (leaves && error === reason) tally.aborted += 1
    else tally.lost.push(`${number}: ${String(error)} <- ${String((error as Error).cause)}`)
  }
}

function heapUsed(): number {
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

test('a hundred thousand calls, a tenth of them aborted, while endpoints come and go: none is lost and nothing stays', {
  timeout: 240_000,
}, async (t) => {
  const draws = seededRandom('soak')
  const fleet = new Fleet()
  for (let i = 0; i < 4; i += 1) await fleet.add()
  const net = mesh({ name: 'soak' })
    .service('soak', (s) => s.resolve(fleet.resolver).balance(powerOfTwo(inFlight())))
    .build()
  const tally: Tally = { answered: 0, aborted: 0, lost: [] }
  const run = async (many: number, name: string) => {
    let next = 0
    const draw = draws.fork(name)
    await Promise.all(
      Array.from({ length: callers }, async () => {
        while (next < many) await callOnce(net, () => draw.next(), next++, tally)
      }),
    )
  }

  const quiet = () => until('nothing is in flight', () => net.snapshot().services.soak?.calls.inFlight === 0)
  await run(5_000, 'warm-up')
  await quiet()
  const heapBefore = heapUsed()

  let changing = true
  let changes = 0
  const change = (async () => {
    while (changing) {
      await fleet.add()
      await sleep(150)
      await fleet.remove()
      changes += 1
    }
  })()
  await run(calls, 'soak')
  changing = false
  await change
  await quiet()

  t.diagnostic(`${tally.answered} answered, ${tally.aborted} aborted, ${tally.lost.length} lost, ${changes} endpoints replaced`)
  assert.deepEqual(tally.lost.slice(0, 5), [])
  assert.equal(tally.answered + tally.aborted, calls + 5_000)
  assert.ok(tally.aborted > calls * abortedShare * 0.2, `only ${tally.aborted} calls were caught in flight by their abort`)
  assert.ok(changes >= 5, `only ${changes} endpoints were replaced`)

  const service = net.snapshot().services.soak
  assert.equal(service?.calls.inFlight, 0)
  assert.deepEqual(
    service?.endpoints.map(({ inFlight: busy, waiting }) => [busy, waiting]),
    service?.endpoints.map(() => [0, 0]),
  )
  const open = () => net.snapshot().services.soak?.endpoints.reduce((sum, { connections }) => sum + connections, 0)
  await until('every open socket is one that the mesh knows', async () => (await fleet.connections()) === open())

  const heapAfter = heapUsed()
  t.diagnostic(
    `heap ${(heapBefore / 2 ** 20).toFixed(1)} MiB before, ${(heapAfter / 2 ** 20).toFixed(1)} MiB after; ${open()} connections open`,
  )
  assert.ok(heapAfter < heapBefore + 6 * 2 ** 20, `the heap grew from ${heapBefore} to ${heapAfter} bytes`)

  await net.close()
  await until('no socket is open', async () => (await fleet.connections()) === 0)
  fleet.close()
})
