import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Call } from '../../../../src/call/call.ts'
import { callPriority } from '../../../../src/call/call-options.ts'
import { Cancellation } from '../../../../src/call/cancellation.ts'
import { type Outcome, replied } from '../../../../src/call/outcome.ts'
import { MeshError } from '../../../../src/errors/mesh-error.ts'
import type { OutagePolicy, QuotaLease, QuotaSource } from '../../../../src/policies/limit/quota-source.ts'
import { RateLimit } from '../../../../src/policies/limit/rate-limit.ts'
import { type RateLimitOptions, rateLimitSettings } from '../../../../src/policies/limit/rate-limit-options.ts'
import { testCall } from '../../../../src/testing/test-call.ts'
import { testHost } from '../../../../src/testing/test-host.ts'
import { testReply } from '../../../../src/testing/test-reply.ts'

interface Asked {
  readonly wanted: number
  give(granted: number, processes?: number, againMs?: number): Promise<void>
  fail(): Promise<void>
}

function shared(options: Partial<RateLimitOptions> = {}, policy: OutagePolicy = 'local-share', processes = 1) {
  const host = testHost()
  const told = () => host.events.map(({ name }) => name).filter((name) => name.startsWith('quota'))
  const asked: Asked[] = []
  const returned: number[] = []
  let closed = 0
  const source: QuotaSource = {
    name: 'test',
    outage: { policy, processes },
    lease: (_terms, wanted) =>
      new Promise<QuotaLease>((resolve, reject) => {
        asked.push({
          wanted,
          give: async (granted, count = 1, againMs = 50) => {
            resolve({ granted, processes: count, againMs })
            await host.clock.settle()
          },
          fail: async () => {
            reject(new Error('connection refused'))
            await host.clock.settle()
          },
        })
      }),
    giveBack: async (_terms, permits) => void returned.push(permits),
    close: async () => {
      closed += 1
    },
  }
  const limit = new RateLimit(rateLimitSettings({ permits: 100, ...options }), host, source)
  const passed: Call[] = []
  const send = limit.layer(async (call) => {
    passed.push(call)
    return replied(testReply())
  })
  return { host, limit, passed, send, asked, returned, told, closes: () => closed }
}

function codeOf(outcome: Outcome): string {
  return outcome.ok ? 'ok' : outcome.error.code
}

test('the first call waits for the first lease, and those beside it with it', async () => {
  const { host, passed, send, asked, limit } = shared()
  const outcomes = Promise.all([send(testCall()), send(testCall()), send(testCall())])
  await host.clock.settle()
  assert.equal(asked.length, 1)
  assert.equal(passed.length, 0)
  await asked[0]?.give(asked[0].wanted)
  await asked[1]?.give(asked[1].wanted)
  await asked[2]?.give(asked[2].wanted)
  assert.deepEqual((await outcomes).map(codeOf), ['ok', 'ok', 'ok'])
  assert.equal(limit.waiting, 0)
  limit.close()
  host.clock.assertIdle()
})

test('a call that finds a leased permit asks nobody', async () => {
  const { send, asked, limit } = shared({ cost: 1, burst: 100 })
  const first = send(testCall({}))
  await asked[0]?.give(asked[0].wanted)
  await first
  const before = asked.length
  // Demand is known by now, so a batch holds more than one.
  for (let i = 0; i < 40; i += 1) {
    const sent = send(testCall())
    await asked.at(-1)?.give(asked.at(-1)?.wanted ?? 0)
    assert.equal(codeOf(await sent), 'ok')
  }
  assert.ok(asked.length - before < 30, `${asked.length - before} leases for 40 calls`)
  assert.equal(
    limit.quota?.counts.leased,
    asked.reduce((sum, { wanted }) => sum + wanted, 0),
  )
  limit.close()
})

test('a batch is at most half of what a process has of the burst', async () => {
  const { host, send, asked, limit } = shared({ permits: 1_000, burst: 80, overflow: 'queue' })
  const all = Array.from({ length: 500 }, () => send(testCall()))
  for (let i = 0; i < 60; i += 1) {
    await asked[i]?.give(asked[i]?.wanted ?? 0, 4)
    await host.clock.advance(1)
  }
  assert.deepEqual(
    asked.slice(2).filter(({ wanted }) => wanted > 80 / 4 / 2),
    [],
  )
  assert.ok(asked.slice(2).some(({ wanted }) => wanted > 5))
  limit.close()
  await Promise.all(all)
})

test('a call for which the source has nothing is refused, and told when to come back', async () => {
  const { send, asked, passed, limit } = shared()
  const sent = send(testCall({ service: 'partner' }))
  await asked[0]?.give(0, 3, 40)
  const outcome = await sent
  assert.equal(codeOf(outcome), 'RATE_LIMITED')
  assert.deepEqual((outcome as { error: MeshError }).error.facts, { service: 'partner', sent: false, field: 'rateLimit', retryAfterMs: 40 })
  assert.equal(codeOf(await send(testCall())), 'RATE_LIMITED')
  assert.equal(asked.length, 1)
  assert.equal(passed.length, 0)
  assert.equal(limit.counts.refused, 2)
  limit.close()
})

test('a call that queues waits for the next lease', async () => {
  const { host, send, asked, passed, limit } = shared({ overflow: 'queue' })
  const sent = [send(testCall({ path: '/a' })), send(testCall({ path: '/b' }))]
  await asked[0]?.give(0, 1, 40)
  await host.clock.advance(39)
  assert.equal(asked.length, 1)
  await host.clock.advance(1)
  assert.equal(asked.length, 2)
  await asked[1]?.give(asked[1].wanted)
  for (let i = 2; i < 5; i += 1) await asked[i]?.give(asked[i]?.wanted ?? 0)
  assert.deepEqual((await Promise.all(sent)).map(codeOf), ['ok', 'ok'])
  assert.deepEqual(
    passed.map(({ path }) => path),
    ['/a', '/b'],
  )
  limit.close()
  host.clock.assertIdle()
})

test('a caller that leaves while the lease is under way costs nothing', async () => {
  const { host, send, asked, limit, passed } = shared()
  const cancellation = new Cancellation()
  const leaving = send(testCall({ cancellation }))
  cancellation.cancel(new MeshError('ABORTED', 'left', { service: 'orders', sent: false }))
  assert.equal(codeOf(await leaving), 'ABORTED')
  assert.equal(limit.waiting, 0)
  await asked[0]?.give(1)
  assert.equal(passed.length, 0)
  assert.equal(limit.permitsLeft, 1)
  limit.close()
  host.clock.assertIdle()
})

test('a more important call is served first by the lease that both wait for', async () => {
  const { send, asked, passed, limit } = shared({ overflow: 'queue' })
  const low = testCall({ path: '/low' })
  low.context.set(callPriority, 4)
  const high = testCall({ path: '/high' })
  high.context.set(callPriority, 0)
  const sent = [send(low), send(high)]
  for (let i = 0; i < 4; i += 1) await asked[i]?.give(asked[i]?.wanted ?? 0)
  await Promise.all(sent)
  assert.deepEqual(
    passed.map(({ path }) => path),
    ['/high', '/low'],
  )
  limit.close()
})

test('permits that are older than the period of the rate are given up', async () => {
  const { host, send, asked, limit } = shared({ permits: 100, per: '1s' })
  const sent = send(testCall({}))
  await asked[0]?.give(asked[0].wanted)
  await sent
  const more = send(testCall())
  await asked[1]?.give(asked[1].wanted)
  await more
  const held = limit.quota?.counts.held ?? 0
  assert.ok(held > 0)
  await host.clock.advance(1_000)
  assert.deepEqual({ held: limit.quota?.counts.held, forfeited: limit.quota?.counts.forfeited }, { held: 0, forfeited: held })
  limit.close()
})

test('local share: without the source a process goes on with its part of the rate', async () => {
  const { host, send, asked, limit, told } = shared({ permits: 100, burst: 100 }, 'local-share', 10)
  const sent = Array.from({ length: 30 }, () => send(testCall()))
  await asked[0]?.fail()
  const codes = (await Promise.all(sent)).map(codeOf)
  assert.equal(codes.filter((code) => code === 'ok').length, 10)
  assert.equal(codes.filter((code) => code === 'RATE_LIMITED').length, 20)
  assert.deepEqual(told(), ['quota-lost'])
  assert.equal(limit.quota?.counts.outage, true)
  let ok = 0
  for (let ms = 0; ms < 1_000; ms += 10) {
    await host.clock.advance(10)
    if (codeOf(await send(testCall())) === 'ok') ok += 1
    await asked.at(-1)?.fail()
  }
  assert.ok(ok >= 9 && ok <= 11, String(ok))
  assert.deepEqual(told(), ['quota-lost'])
  limit.close()
})

test('refuse: without the source calls are refused, with the reason', async () => {
  const { send, asked, limit } = shared({}, 'refuse')
  const sent = send(testCall({ service: 'partner' }))
  await asked[0]?.fail()
  const outcome = await sent
  assert.equal(codeOf(outcome), 'RATE_LIMITED')
  assert.match(
    (outcome as { error: MeshError }).error.message,
    /^partner: the quota cannot be asked for permits \(test\), and calls are refused without it; there is one again in 100 ms$/,
  )
  limit.close()
})

test('refuse: who calls while the source is being asked again is not told to come back a millisecond later', async () => {
  const { host, send, asked, limit } = shared({}, 'refuse')
  const sent = send(testCall({ service: 'partner' }))
  await asked[0]?.fail()
  await sent
  await host.clock.advance(100)
  for (let i = 0; i < 2; i += 1) {
    const outcome = await send(testCall({ service: 'partner' }))
    assert.equal((outcome as { error: MeshError }).error.facts.retryAfterMs, 100)
  }
  assert.equal(asked.length, 2)
  limit.close()
})

test('allow: without the source calls pass', async () => {
  const { send, asked, limit, passed } = shared({}, 'allow')
  const sent = send(testCall())
  await asked[0]?.fail()
  assert.equal(codeOf(await sent), 'ok')
  for (let i = 0; i < 500; i += 1) assert.equal(codeOf(await send(testCall())), 'ok')
  assert.equal(passed.length, 501)
  limit.close()
})

test('a source that answers again is used again, and asked after pauses that grow', async () => {
  const { host, send, asked, limit, told } = shared({}, 'refuse')
  const first = send(testCall())
  await asked[0]?.fail()
  await first
  const askedAt: number[] = []
  for (let ms = 0; ms < 3_000; ms += 50) {
    await host.clock.advance(50)
    const before = asked.length
    const sent = send(testCall())
    if (asked.length > before) {
      askedAt.push(ms + 50)
      await asked.at(-1)?.fail()
    }
    assert.equal(codeOf(await sent), 'RATE_LIMITED')
  }
  assert.deepEqual(askedAt, [100, 300, 700, 1_500, 2_500])
  await host.clock.advance(1_000)
  const refused = send(testCall())
  await asked.at(-1)?.give(asked.at(-1)?.wanted ?? 0)
  assert.equal(codeOf(await refused), 'RATE_LIMITED')
  assert.equal(codeOf(await send(testCall())), 'ok')
  assert.deepEqual(told(), ['quota-lost', 'quota-recovered'])
  limit.close()
})

test('a source that answers nonsense counts as one that cannot be reached', async () => {
  const { send, asked, limit, told } = shared({}, 'allow')
  const sent = send(testCall())
  await asked[0]?.give(Number.NaN)
  assert.equal(codeOf(await sent), 'ok')
  assert.deepEqual(told(), ['quota-lost'])
  limit.close()
})

test('closing gives back what is held, and lets go of the source once', async () => {
  const { host, send, asked, limit, returned, closes } = shared()
  const sent = send(testCall())
  await asked[0]?.give(asked[0].wanted)
  await sent
  const held = limit.quota?.counts.held ?? 0
  assert.ok(held > 0)
  limit.close()
  limit.close()
  await host.clock.settle()
  assert.deepEqual([returned, closes()], [[held], 1])
})

test('closing tells those who wait for a lease', async () => {
  const { send, limit } = shared()
  const sent = send(testCall())
  limit.close()
  assert.equal(codeOf(await sent), 'CLOSED')
})
