// What endpoints cost that nobody calls: `node idle.ts '{"client":"mesh","endpoints":10000,"call":false,"idleMs":1000}'`. Those that are
// called once are servers of another process, one port each.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fixed, mesh, roundRobin } from 'proxyless'
import { Agent, Client } from 'undici'

const input = JSON.parse(process.argv[2] as string) as {
  client: 'mesh' | 'client' | 'agent'
  endpoints: number
  call: boolean
  idleMs: number
}

async function startServers(count: number): Promise<{ readonly urls: string[]; stop(): void }> {
  const child = fork(join(import.meta.dirname, 'many-servers.ts'), [String(count)], { execArgv: [] })
  const [ports] = (await once(child, 'message')) as [number[]]
  return { urls: ports.map((port) => `http://127.0.0.1:${port}`), stop: () => child.kill() }
}

/** Makes what is to be idle; calls every endpoint once, if it shall. The answer holds whatever must not be collected. */
async function prepare(endpoints: readonly string[]): Promise<unknown> {
  if (input.client === 'client') return callClients(endpoints)
  if (input.client === 'agent') return callAgent(endpoints)
  const net = mesh()
    .service('orders', (s) => s.resolve(fixed(endpoints)).balance(roundRobin()))
    .build()
  if (input.call) for (const _ of endpoints) await (await net.fetch('http://orders/text')).text()
  await sleep(50)
  const known = net.snapshot().services.orders?.endpoints.length
  if (known !== endpoints.length) throw new Error(`the mesh knows ${known} endpoints instead of ${endpoints.length}`)
  return net
}

async function callClients(endpoints: readonly string[]): Promise<unknown> {
  const clients = endpoints.map((url) => new Client(url, { keepAliveTimeout: 60_000 }))
  for (const client of clients) await (await client.request({ path: '/text', method: 'GET' })).body.text()
  return clients
}

async function callAgent(endpoints: readonly string[]): Promise<unknown> {
  const agent = new Agent({ keepAliveTimeout: 60_000 })
  for (const origin of endpoints) await (await agent.request({ origin, path: '/text', method: 'GET' })).body.text()
  return agent
}

function countTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
}

async function memory(): Promise<{ readonly heap: number; readonly rss: number }> {
  for (let i = 0; i < 3; i += 1) {
    ;(globalThis as { gc?: () => void }).gc?.()
    await sleep(20)
  }
  return { heap: process.memoryUsage().heapUsed, rss: process.memoryUsage.rss() }
}

const servers = input.call ? await startServers(input.endpoints) : undefined
const urls = servers?.urls ?? Array.from({ length: input.endpoints }, (_, i) => `http://10.${i >> 14}.${(i >> 7) & 127}.${i & 127}:8080`)
// What is loaded and compiled once does not count.
const rehearsal = await prepare(urls.slice(0, 10))

const timersBefore = countTimers()
const before = await memory()
const idle = await prepare(urls)
const after = await memory()
const timers = countTimers() - timersBefore
const cpuBefore = process.cpuUsage()
await sleep(input.idleMs)
const { user, system } = process.cpuUsage(cpuBefore)
servers?.stop()
if (rehearsal === idle) throw new Error('nothing was made')

const figures = {
  heapBytesEach: (after.heap - before.heap) / urls.length,
  rssBytesEach: (after.rss - before.rss) / urls.length,
  timers,
  idleShare: (user + system) / 1_000 / input.idleMs,
}
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0))
