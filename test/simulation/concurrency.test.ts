import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type AdmissionOptions,
  aimdLimit,
  type ConcurrencyOptions,
  gradientLimit,
  type Mesh,
  mesh,
  type ServiceSnapshot,
  vegasLimit,
} from '../../src/index.ts'
import { lognormal, poisson, simulate } from '../../src/testing/index.ts'

/** The server, and the calls for it. */
interface Server {
  readonly capacity?: number
  readonly sigma?: number
  readonly seed?: string
  readonly workers?: number
  readonly rate?: number
}

const seeds = ['one', 'two']

/** What a client learns of a server that works on 20 calls at once, each for about 20 ms, and gets half as many again. */
async function learn(
  options: { concurrency?: ConcurrencyOptions; admission?: AdmissionOptions },
  { capacity = Number.POSITIVE_INFINITY, sigma = 0.05, seed, workers = 20, rate = 1_500 }: Server = {},
) {
  let net: Mesh | undefined
  const seen: ServiceSnapshot[] = []
  const look = () => {
    const snapshot = net?.snapshot().services.orders
    if (snapshot !== undefined) seen.push(snapshot)
  }
  const result = await simulate({
    mesh: ({ clock, random, transport, resolver }) => {
      const made = mesh({ clock, random, transport })
        .service('orders', (s) =>
          s
            .resolve(resolver)
            .retry(false)
            .circuitBreaker(false)
            .ejection(false)
            .concurrency(options.concurrency ?? false)
            .admission(options.admission ?? false),
        )
        .build()
      net = made as unknown as Mesh
      return made
    },
    servers: [{ serviceMs: lognormal(20, sigma), workers, capacity }],
    arrivals: poisson(rate),
    ...(seed !== undefined && { seed }),
    request: 'http://orders/',
    duration: '5s',
    warmUp: '2s',
    changes: Array.from({ length: 40 }, (_, i) => ({ at: 2_000 + i * 70, change: look })),
  })
  const mean = (of: (snapshot: ServiceSnapshot) => number) => seen.reduce((sum, snapshot) => sum + of(snapshot), 0) / seen.length
  return { result, limit: mean((snapshot) => snapshot.concurrency?.limit ?? 0), mean }
}

for (const seed of seeds) {
  test(`the gradient rests at 30 for 20 workers: a quarter more, and the root of that, with the seed ${seed}`, async (t) => {
    // Latency is in proportion to the limit, so that limit * gradient = 1.25 * 20 = x, and x + root(x) = limit.
    const { limit, result } = await learn({ concurrency: { limit: gradientLimit(), queue: 50 } }, { seed })
    t.diagnostic(
      `limit ${limit.toFixed(2)}, ratio of latencies ${(limit / 20).toFixed(2)}, most in flight ${result.servers[0]?.mostInFlight}`,
    )
    assert.ok(Math.abs(limit / 30 - 1) < 0.05, String(limit))
    assert.ok((result.servers[0]?.mostInFlight ?? 0) <= 45)
  })

  test(`Vegas keeps 3 to 6 calls in the queue of 20 workers, with the seed ${seed}`, async (t) => {
    // Measured once: anew, under a load that never ends, it would take the latency with a queue for that without.
    // The fastest of all answers stands for no queue, so they must hardly differ.
    const concurrency = { limit: vegasLimit({ probeMultiplier: 1e6, smoothing: 0.1 }), queue: 50 }
    const { limit } = await learn({ concurrency }, { sigma: 0.01, seed })
    t.diagnostic(`limit ${limit.toFixed(2)}`)
    assert.ok(limit >= 22 && limit <= 27, String(limit))
  })

  test(`AIMD swings between what a server takes and a tenth less, with the seed ${seed}`, async (t) => {
    const { limit } = await learn({ concurrency: { limit: aimdLimit({ min: 5 }), queue: 50 } }, { capacity: 40, seed })
    t.diagnostic(`limit ${limit.toFixed(2)}`)
    // Up by one with each good answer, to 41, and down by a tenth with each of the few refused: one to three times before it is below.
    assert.ok(limit >= 0.9 ** 3 * 41 && limit <= 41, String(limit))
  })
}

test('AIMD goes up and down just below what a server takes before it refuses, which then refuses less', async (t) => {
  const { limit, result } = await learn({ concurrency: { limit: aimdLimit({ min: 5 }), queue: 50 } }, { capacity: 40 })
  const share = (result.servers[0]?.failed ?? 0) / (result.servers[0]?.attempts ?? 1)
  t.diagnostic(`limit ${limit.toFixed(2)}, ${share.toFixed(3)} of attempts refused by the server`)
  assert.ok(limit > 30 && limit <= 41, String(limit))
  // Without a limit it refuses a third.
  assert.ok(share < 0.25, String(share))
})

test('with admission control a server refuses less than half as much', async (t) => {
  const { result } = await learn({ admission: { factor: 1.1, window: '3s' } }, { capacity: 21 })
  const without = await learn({}, { capacity: 21 })
  const share = (each: typeof result) => (each.servers[0]?.failed ?? 0) / (each.servers[0]?.attempts ?? 1)
  t.diagnostic(`${share(result).toFixed(3)} of attempts refused by the server, ${share(without.result).toFixed(3)} without`)
  assert.ok(share(result) < share(without.result) / 2)
})
