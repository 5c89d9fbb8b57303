import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Mesh, type MeshEvents, mesh, type Random, type SplitOptions } from '../../src/index.ts'
import { SplitJudge } from '../../src/routing/split-judge.ts'
import { type AbortSettings, splitSettings } from '../../src/routing/split-options.ts'
import { constant, lognormal, poisson, type ServerModel, seededRandom, simulate } from '../../src/testing/index.ts'

interface Versions {
  /** The share of the calls to the stable version that fail. */
  readonly stable: number
  /** The same of the new one, from second 10 on; as often as the stable one before. */
  readonly fresh: number
  /** How many times slower the new one is, from second 10 on. */
  readonly slower?: number
  readonly abort?: SplitOptions['abort']
}

const brokenAtMs = 10_000

/** Seventy seconds with 10 of 100 calls, of 200 a second, to a new version: when and why it was given up, and how many calls it lost until then. */
async function run({ stable, fresh, slower = 1, abort = {} }: Versions, seed: number) {
  let aborted: { readonly atMs: number; readonly reason: string; readonly lost: number } | undefined
  let now = () => 0
  let lost = () => 0
  const model = (version: string, name: string): ServerModel => ({
    name,
    serviceMs: lognormal(20, 0.5),
    workers: 50,
    labels: { version },
    failures: { share: stable, afterMs: constant(5) },
  })
  await simulate({
    mesh: ({ clock, random, transport, resolver, world }) => {
      const net = mesh({ clock, random, transport })
        .service('orders', (s) =>
          s
            .resolve(resolver)
            .bare()
            .split({ by: 'version', weights: { v1: 90, v2: 10 }, abort }),
        )
        .build() as unknown as Mesh
      now = () => world.nowMs
      lost = () => net.snapshot().services.orders?.endpoints.find(({ labels }) => labels.version === 'v2')?.failures ?? 0
      net.on('split-aborted', ({ reason }: MeshEvents['split-aborted']) => {
        aborted = { atMs: now(), reason, lost: lost() }
      })
      return net
    },
    servers: [model('v1', 'old'), model('v2', 'new')],
    arrivals: poisson(200),
    request: 'http://orders/',
    duration: '70s',
    seed,
    changes: [
      {
        at: brokenAtMs,
        change: (world) => {
          world.server('new').failures = { share: fresh, afterMs: constant(5) }
          world.server('new').speed = 1 / slower
        },
      },
    ],
  })
  return aborted
}

async function runs(versions: Versions, count: number) {
  const found: NonNullable<Awaited<ReturnType<typeof run>>>[] = []
  for (let seed = 1; seed <= count; seed += 1) {
    const aborted = await run(versions, seed)
    if (aborted !== undefined) found.push(aborted)
  }
  const middle = <T>(values: readonly T[]) => values[values.length >> 1]
  const sorted = (of: (each: (typeof found)[number]) => number) => found.map(of).toSorted((a, b) => a - b)
  return { found, medianMs: middle(sorted(({ atMs }) => atMs)) ?? 0, mostLost: sorted(({ lost }) => lost).at(-1) ?? 0 }
}

test('a version that fails as often as the stable one, 5 of 100 calls, is not given up by chance', async () => {
  const { found } = await runs({ stable: 0.05, fresh: 0.05 }, 8)
  assert.equal(found.length, 0)
})

/** Ten minutes with 5 of 100 calls, of 20 a second, to a new version, and nothing but the rule: whether it was given up. */
function givenUp(share: number, margin: number, draws: Random): boolean {
  const { abort } = splitSettings({ by: 'version', weights: { v1: 95, v2: 5 }, abort: { margin } })
  const judge = new SplitJudge(abort as AbortSettings, 2, 1)
  for (let at = 0; at < 600_000; at += 50) {
    const version = draws.next() < 0.05 ? 0 : 1
    if (judge.answered(version, at, draws.next() < share, 0) !== undefined) return true
  }
  return false
}

for (const [share, margin, most] of [
  [0.01, 0.02, 0],
  [0.05, 0.02, 4],
  [0.2, 0.02, 6],
  [0.05, 0.05, 1],
] as const) {
  test(`of 200 good versions, which fail ${share * 100} of 100 calls, at most ${most} are given up in ten minutes, with a margin of ${margin}`, (t) => {
    const draws = seededRandom(`good versions ${share}`)
    let count = 0
    for (let each = 0; each < 200; each += 1) if (givenUp(share, margin, draws)) count += 1
    t.diagnostic(`${count} of 200`)
    assert.ok(count <= most, String(count))
  })
}

for (const [fresh, withinMs, mostLost] of [
  [1, 5_000, 60],
  [0.3, 12_000, 80],
  [0.1, 45_000, 90],
] as const) {
  test(`a version that breaks, and fails ${fresh * 100} of 100 calls, is given up each time, and soon`, async (t) => {
    const { found, medianMs, mostLost: lost } = await runs({ stable: 0.01, fresh }, 8)
    t.diagnostic(`${found.length} of 8, in the middle after ${medianMs - brokenAtMs} ms, with at most ${lost} calls lost`)
    assert.equal(found.length, 8)
    assert.ok(found.every(({ atMs, reason }) => atMs >= brokenAtMs && reason === 'failures'))
    assert.ok(medianMs - brokenAtMs <= withinMs, String(medianMs))
    assert.ok(lost <= mostLost, String(lost))
  })
}

test('a version that is three times slower is given up, and one that is a fifth slower is not', async (t) => {
  const abort = { latency: {} }
  const slow = await runs({ stable: 0.01, fresh: 0.01, slower: 3, abort }, 8)
  t.diagnostic(`${slow.found.length} of 8, in the middle after ${slow.medianMs - brokenAtMs} ms`)
  assert.equal(slow.found.length, 8)
  assert.ok(slow.found.every(({ atMs, reason }) => atMs >= brokenAtMs && reason === 'latency'))
  const somewhat = await runs({ stable: 0.01, fresh: 0.01, slower: 1.2, abort }, 8)
  assert.equal(somewhat.found.length, 0)
})
