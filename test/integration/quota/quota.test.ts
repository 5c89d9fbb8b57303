import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { type Duration, fixed, MeshError, mesh, type QuotaCounts } from '../../../src/index.ts'
import { type OutagePolicy, quota } from '../../../src/quota.ts'
import { RedisServer } from '../../servers/redis.ts'
import { freePort, need, until, within } from '../../servers/server-kit.ts'

const worker = fileURLToPath(new URL('quota-worker.ts', import.meta.url))
const leaver = fileURLToPath(new URL('quota-leaver.ts', import.meta.url))

async function redisFor(context: TestContext): Promise<RedisServer | undefined> {
  const program = need('redis-server', context)
  if (program === undefined) return undefined
  const redis = await RedisServer.start(program)
  context.after(() => redis.stop())
  return redis
}

/** A mesh with a quota, over a server of its own, and what one call gets. */
async function partner(
  context: TestContext,
  url: string,
  onOutage: OutagePolicy,
  options: { permits?: number; processes?: number; timeout?: Duration } = {},
) {
  const { permits = 100, processes = 1, timeout = '10s' } = options
  const server = createServer((_request, response) => response.end('ok'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const net = mesh()
    .service('partner', (s) =>
      s
        .resolve(fixed([`http://127.0.0.1:${(server.address() as AddressInfo).port}`]))
        .deadline('1m')
        .rateLimit({ permits, per: '1s', quota: quota({ redis: url, name: 'partner', onOutage, processes, timeout }) }),
    )
    .build()
  context.after(async () => {
    await net.close()
    server.closeAllConnections()
    server.close()
  })
  const events: string[] = []
  net.on('quota-lost', () => events.push('lost'))
  net.on('quota-recovered', () => events.push('recovered'))
  const call = async () => {
    try {
      const response = await net.fetch('http://partner/')
      await response.text()
      return 'ok'
    } catch (error) {
      return MeshError.is((error as Error).cause) ? ((error as Error).cause as MeshError).code : String(error)
    }
  }
  return { net, call, events, counts: () => net.snapshot().services.partner?.rateLimit?.quota as QuotaCounts }
}

test('eight processes are given the rate together, and share it fairly', { timeout: 120_000 }, async (context) => {
  const redis = await redisFor(context)
  if (redis === undefined) return
  // So few that any machine could make more.
  const [permits, burst, forMs] = [100, 50, 10_000]
  const children: ChildProcess[] = Array.from({ length: 8 }, () => fork(worker))
  context.after(() => {
    for (const child of children) child.kill()
  })
  await Promise.all(children.map((child) => once(child, 'message')))
  const answers = children.map((child) => once(child, 'message'))
  const startedAt = performance.now()
  for (const child of children) child.send({ quota: { redis: redis.url, name: 'eight' }, permits, burst, forMs, callers: 8 })
  const done = (await Promise.all(answers)).map(([answer]) => answer as { calls: number; quota: QuotaCounts })
  const total = done.reduce((sum, { calls }) => sum + calls, 0)
  const fair = total / 8
  const batch = burst / 8 / 2
  // They do not begin at the same moment: those that begin last go on a little longer.
  const mostMs = performance.now() - startedAt
  context.diagnostic(
    `${total} calls in ${forMs} ms at ${permits}/s, burst ${burst}; a process ${Math.min(...done.map((d) => d.calls))}-${Math.max(...done.map((d) => d.calls))}`,
  )
  assert.ok(total <= burst + (permits * mostMs) / 1_000 + 8 * batch, `${total} calls`)
  assert.ok(total >= 0.8 * permits * (forMs / 1_000), `${total} calls`)
  for (const { calls } of done) assert.ok(calls > 0.5 * fair && calls < 2 * fair, `${done.map((d) => d.calls)}`)
  assert.ok(done.some(({ quota: { processes } }) => processes >= 7))
})

test('Redis is killed and comes back empty: the local share serves meanwhile, and the quota again within seconds', {
  timeout: 60_000,
}, async (context) => {
  const redis = await redisFor(context)
  if (redis === undefined) return
  const { call, events, counts } = await partner(context, redis.url, 'local-share')
  assert.equal(await call(), 'ok')
  assert.equal(counts().outage, false)
  await redis.stop()
  await until('the outage is noticed', async () => {
    await call()
    return counts().outage
  })
  // The share grows back at the rate, so most of a second's calls pass.
  let ok = 0
  for (let i = 0; i < 25; i += 1) {
    const code = await call()
    if (code === 'ok') ok += 1
    else assert.equal(code, 'RATE_LIMITED')
    await sleep(20)
  }
  assert.ok(ok >= 20, String(ok))
  await redis.start()
  await until('the quota is back', async () => {
    await call()
    return !counts().outage
  })
  await until('calls are leased again', async () => (await call()) === 'ok')
  assert.deepEqual(events, ['lost', 'recovered'])
})

test('Redis is frozen: no call hangs, and the quota is back when it is thawed', { timeout: 60_000 }, async (context) => {
  const redis = await redisFor(context)
  if (redis === undefined) return
  const { call, events, counts } = await partner(context, redis.url, 'refuse', { permits: 20, timeout: '2s' })
  assert.equal(await call(), 'ok')
  redis.freeze()
  // Those that hung would come to their deadlines.
  await until('the outage is noticed', async () => {
    assert.ok(['ok', 'RATE_LIMITED'].includes(await call()))
    return counts().outage
  })
  assert.equal(await call(), 'RATE_LIMITED')
  redis.thaw()
  await until('calls pass again', async () => (await call()) === 'ok')
  assert.deepEqual(events, ['lost', 'recovered'])
})

test('Redis is emptied under way: the quota goes on', { timeout: 60_000 }, async (context) => {
  const redis = await redisFor(context)
  if (redis === undefined) return
  const { call } = await partner(context, redis.url, 'refuse', { permits: 1_000 })
  assert.equal(await call(), 'ok')
  const client = new Redis(redis.url)
  await client.flushall()
  await client.quit()
  for (let i = 0; i < 200; i += 1) await call()
  await until('calls pass', async () => (await call()) === 'ok')
})

test('Redis that was never there: each policy does what it says, at once', { timeout: 60_000 }, async (context) => {
  const url = `redis://127.0.0.1:${await freePort()}`
  const allowed = await partner(context, url, 'allow')
  assert.equal(await allowed.call(), 'ok')
  const refused = await partner(context, url, 'refuse')
  assert.equal(await refused.call(), 'RATE_LIMITED')
  const shared = await partner(context, url, 'local-share', { permits: 100, processes: 10 })
  const codes = await Promise.all(Array.from({ length: 30 }, () => shared.call()))
  assert.ok(codes.filter((code) => code === 'ok').length >= 10)
  assert.ok(codes.filter((code) => code === 'RATE_LIMITED').length >= 15)
})

test('a mesh that closes gives back what it holds, and leaves no connection', { timeout: 60_000 }, async (context) => {
  const redis = await redisFor(context)
  if (redis === undefined) return
  const { net, call } = await partner(context, redis.url, 'refuse', { permits: 10 })
  assert.equal(await call(), 'ok')
  await net.close()
  const client = new Redis(redis.url)
  await until(
    'its connections are gone',
    async () =>
      String(await client.client('LIST'))
        .trim()
        .split('\n').length === 1,
  )
  const left = Number(await client.hget('b_proxyless:partner_settings', 'reservoir'))
  assert.ok(left >= 9, String(left))
  await client.quit()
})

test('a program that closes nothing ends at once, also where Redis takes connections and never answers', {
  timeout: 60_000,
}, async (context) => {
  const redis = await redisFor(context)
  if (redis === undefined) return
  const mute = createTcpServer((socket) => void context.after(() => socket.destroy()))
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
  context.after(() => mute.close())
  const leave = async (url: string) => {
    const child = fork(leaver, [url])
    const ended = once(child, 'exit')
    const [said] = await once(child, 'message')
    const [code] = await within(`the process ends beside ${url}`, ended)
    assert.equal(code, 0)
    return said
  }
  assert.equal(await leave(redis.url), 'ok')
  assert.equal(await leave(`redis://127.0.0.1:${(mute.address() as AddressInfo).port}`), 'RATE_LIMITED')
})

test('a Redis that wants a password, or that may not be written to, is an outage which ends with its reason', {
  timeout: 60_000,
}, async (context) => {
  const redis = await redisFor(context)
  if (redis === undefined) return
  const { net, call, events } = await partner(context, redis.url, 'refuse')
  const reasons: string[] = []
  net.on('quota-lost', ({ error }) => reasons.push(String((error as Error).message)))
  const admin = new Redis(redis.url)
  await admin.config('SET', 'requirepass', 'secret')
  assert.equal(await call(), 'RATE_LIMITED')
  await admin.config('SET', 'requirepass', '')
  await until('calls pass again', async () => (await call()) === 'ok')
  await admin.replicaof('127.0.0.1', await freePort())
  await until('the outage is noticed', async () => (await call()) === 'RATE_LIMITED')
  await admin.replicaof('NO', 'ONE')
  await until('calls pass again', async () => (await call()) === 'ok')
  assert.deepEqual(events, ['lost', 'recovered', 'lost', 'recovered'])
  assert.match(reasons[0] as string, /NOAUTH/)
  assert.match(reasons[1] as string, /READONLY/)
  await admin.quit()
})
