import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, mesh, random, roundRobin } from '../../../src/index.ts'
import {
  constant,
  evenly,
  exponential,
  lognormal,
  poisson,
  type SimulatedClient,
  type SimulatedWorld,
  type SimulationOptions,
  seededRandom,
  servers,
  simulate,
  simulationSvg,
  simulationTable,
  trace,
} from '../../../src/testing/index.ts'

function client({ clock, random: chance, transport, resolver }: SimulatedClient) {
  return mesh({ clock, random: chance, transport })
    .service('orders', (s) => s.resolve(resolver).bare().deadline('1s').balance(roundRobin()))
    .build()
}

/** A simulation of calls in turn at two servers that take 10 ms, with something changed. */
function run(options: Partial<SimulationOptions> = {}) {
  return simulate({
    mesh: client,
    servers: servers(2, { serviceMs: 10 }),
    arrivals: evenly(100),
    request: 'http://orders/',
    duration: '1s',
    intervals: 10,
    ...options,
  })
}

test('calls go through a whole mesh to the servers, and are counted', async () => {
  const result = await run()
  assert.equal(result.calls, 99)
  assert.deepEqual([result.failed, result.failures, result.attempts], [0, {}, 99])
  assert.deepEqual(result.servers.map(({ attempts }) => attempts).sort(), [49, 50])
  assert.deepEqual([result.latency.meanMs, result.latency.quantileMs(0), result.latency.quantileMs(1)], [10, 10, 10])
  assert.equal(result.over.length, 10)
  assert.ok(result.over.every(({ latency, shares }) => latency.count >= 9 && shares.length === 2))
})

test('the same seed gives the same run, and another one another', async () => {
  const chances = { servers: servers(3, { serviceMs: exponential(10) }), arrivals: poisson(300) }
  const [first, same, other] = [await run({ ...chances, seed: 7 }), await run({ ...chances, seed: 7 }), await run({ ...chances, seed: 8 })]
  assert.deepEqual([first.calls, first.latency.meanMs, first.servers], [same.calls, same.latency.meanMs, same.servers])
  assert.notEqual(first.latency.meanMs, other.latency.meanMs)
})

test('what finds no worker waits, first come first served, and sharing makes all slower instead', async () => {
  const burst = { arrivals: trace([0, 0, 0, 100]), intervals: 1 }
  const fifo = await run({ ...burst, servers: servers(1, { serviceMs: 10 }) })
  assert.deepEqual(
    [0.25, 0.5, 0.75, 1].map((share) => fifo.latency.quantileMs(share)),
    [10, 10, 20, 30],
  )
  const shared = await run({ ...burst, servers: servers(1, { serviceMs: 10, discipline: 'shared' }) })
  assert.deepEqual(
    [0.25, 0.5, 0.75, 1].map((share) => Math.round(shared.latency.quantileMs(share))),
    [10, 30, 30, 30],
  )
  const two = await run({ ...burst, servers: servers(1, { serviceMs: 10, workers: 2 }) })
  assert.deepEqual(
    [0.25, 0.5, 0.75, 1].map((share) => two.latency.quantileMs(share)),
    [10, 10, 10, 20],
  )
})

test('a change of speed also changes what is being worked on', async () => {
  const slowDown = { at: '4ms', change: (world: SimulatedWorld) => (world.server('s1').speed = 0.5) } as const
  const slower = await run({ servers: servers(1, { serviceMs: 10 }), arrivals: trace([0]), changes: [slowDown] })
  assert.equal(slower.latency.meanMs, 4 + 12)
  const standStill = { at: '4ms', change: (world: SimulatedWorld) => (world.server('s1').speed = 0) } as const
  const stalled = await run({ servers: servers(1, { serviceMs: 10 }), arrivals: trace([0]), changes: [standStill] })
  assert.deepEqual([stalled.failures, stalled.latency.meanMs], [{ DEADLINE_EXCEEDED: 1 }, 1_000])
})

test('a server that is killed loses what is in flight and refuses the rest, until it is started', async () => {
  const { failures, calls } = await run({
    servers: servers(1, { serviceMs: 10 }),
    arrivals: trace([100, 200, 300]),
    changes: [
      { at: 105, change: (world) => world.server('s1').kill() },
      { at: 250, change: (world) => world.server('s1').start() },
    ],
  })
  assert.deepEqual([calls, failures], [3, { CONNECTION_LOST: 1, CONNECT_FAILED: 1 }])
})

test('failures come by their share, with a status or an error, without waiting in the queue', async () => {
  const failing = await run({
    arrivals: evenly(1_000),
    duration: '4s',
    servers: servers(1, { serviceMs: 0.5, failures: { share: 0.25, afterMs: 2 } }),
  })
  assert.ok(Math.abs(failing.failed / failing.calls - 0.25) < 0.03, String(failing.failed / failing.calls))
  assert.deepEqual(Object.keys(failing.failures), ['503'])
  assert.equal(failing.servers[0]?.failed, failing.failed)
  const refusing = await run({ servers: servers(1, { serviceMs: 1, failures: { result: 'REFUSED' } }) })
  assert.deepEqual(refusing.failures, { REFUSED: 99 })
  const full = await run({ arrivals: trace([1, 1, 1]), servers: servers(1, { serviceMs: 10, capacity: 2 }) })
  assert.deepEqual(full.failures, { 503: 1 })
})

test('servers that are added or taken off the list are known to the mesh from then on', async () => {
  const { over } = await run({
    arrivals: evenly(1_000),
    changes: [
      { at: 300, change: (world) => world.add({ name: 'new', serviceMs: 1 }) },
      { at: 700, change: (world) => world.unlist(world.server('s1')) },
    ],
  })
  assert.deepEqual(
    over[1]?.shares.map((share) => Math.round(10 * share)),
    [5, 5, 0],
  )
  assert.deepEqual(
    over[5]?.shares.map((share) => Math.round(10 * share)),
    [3, 3, 3],
  )
  assert.deepEqual(
    over[9]?.shares.map((share) => Math.round(10 * share)),
    [0, 5, 5],
  )
})

test('several clients are meshes of their own, and share the servers', async () => {
  const seen: number[] = []
  const { attempts, servers: results } = await run({
    clients: 3,
    mesh: (each) => {
      seen.push(each.number)
      return mesh({ clock: each.clock, random: each.random, transport: each.transport })
        .service('orders', (s) => s.resolve(each.resolver).bare().balance(random()))
        .build()
    },
    arrivals: evenly(5_000),
    servers: servers(2, { serviceMs: 1, workers: 100 }),
  })
  assert.deepEqual(seen, [0, 1, 2])
  assert.equal(attempts, 4_999)
  for (const { share } of results) assert.ok(Math.abs(share - 0.5) < 0.04, String(share))
})

test('a request may differ from call to call, and an attempt whose caller left may leave the queue, too', async () => {
  const paths: number[] = []
  const { failures } = await run({
    request: (_, number) => {
      paths.push(number)
      return { url: `http://orders/${number}`, init: { mesh: { deadline: number === 0 ? 5 : 500 } } }
    },
    arrivals: trace([1, 2]),
    servers: servers(1, { serviceMs: 20, dropsLeft: true }),
  })
  assert.deepEqual(paths, [0, 1])
  assert.deepEqual(failures, { DEADLINE_EXCEEDED: 1 })
})

test('warming up is left out of the figures, but not of those over time', async () => {
  const { calls, over } = await run({ warmUp: 500 })
  assert.equal(calls, 50)
  assert.equal(
    over.reduce((sum, { latency }) => sum + latency.count, 0),
    99,
  )
})

test('calls that never end are counted as unfinished', async () => {
  const { failures, latency } = await run({
    mesh: ({ clock, transport }) =>
      mesh({ clock, transport })
        .service('orders', (s) => s.resolve(fixed(['http://10.0.0.1:8080'])).bare())
        .build(),
    servers: servers(1, { serviceMs: 10, speed: 0 }),
    arrivals: trace([1]),
    ending: '2s',
  })
  assert.deepEqual([failures, latency.count], [{ unfinished: 1 }, 0])
})

test('distributions have the mean and the median that they were made with', () => {
  const chance = seededRandom('distributions')
  const draws = (distribution: ReturnType<typeof constant>) =>
    Array.from({ length: 20_000 }, () => distribution(chance)).sort((a, b) => a - b)
  assert.deepEqual(new Set(draws(constant(3))), new Set([3]))
  const mean = draws(exponential(10)).reduce((sum, value) => sum + value, 0) / 20_000
  assert.ok(Math.abs(mean - 10) < 0.3, String(mean))
  assert.ok(Math.abs((draws(lognormal(10, 1))[10_000] as number) - 10) < 0.4)
})

test('arrivals keep their rate, and one that changes is followed', () => {
  for (const make of [poisson, evenly]) {
    const next = make((ms) => (ms < 1_000 ? 1_000 : ms < 2_000 ? 0 : 3_000))(seededRandom('arrivals'))
    const counts = [0, 0, 0]
    for (let ms = next(0); ms !== undefined && ms < 3_000; ms = next(ms)) (counts[Math.floor(ms / 1_000)] as number) += 1
    assert.ok(Math.abs((counts[0] as number) - 1_000) < 120, String(counts))
    assert.ok((counts[1] as number) <= 1, String(counts))
    assert.ok(Math.abs((counts[2] as number) - 3_000) < 200, String(counts))
  }
})

test('results can be seen as a table and as a picture, whatever they are called', async () => {
  const results = { 'a < b': await run(), other: await run({ seed: 2 }) }
  const table = simulationTable(results, { watch: ['s2', 'nobody'] })
  assert.deepEqual(
    table.split('\n').map((line) => line.length),
    Array(4).fill(table.indexOf('\n')),
  )
  assert.match(table, /^a < b +99 +0\.00 % +1\.000 +10\.0/m)
  const svg = simulationSvg(results, { title: 'Two & more', watch: ['s2'] })
  assert.match(svg, /^<svg .*viewBox/)
  assert.ok(svg.includes('a &#60; b') && svg.includes('Two &#38; more'))
  assert.ok(!svg.includes('NaN') && !svg.includes('undefined') && !svg.includes('Infinity'))
})

test('options that make no sense are refused, with the field, what was expected and what came', async () => {
  const refused = async (options: object, message: RegExp) =>
    assert.rejects(run(options as Partial<SimulationOptions>), { name: 'TypeError', message })
  await refused({ duration: 0 }, /simulate: duration: expected more than 0, got 0/)
  await refused({ duration: Number.POSITIVE_INFINITY }, /simulate: duration: expected a time that ends, got Infinity/)
  await refused({ warmUp: '1s' }, /simulate: warmUp: expected less than the duration of 1000 ms, got "1s"/)
  await refused({ clients: 0 }, /simulate: clients: expected a whole number of at least 1, got 0/)
  await refused({ intervals: 2.5 }, /simulate: intervals: expected a whole number of at least 1, got 2.5/)
  await refused({ mesh: 5 }, /simulate: mesh: expected a function, got 5/)
  await refused({ request: 5 }, /simulate: request: expected a URL or a function that answers with \{ url, init \}, got 5/)
  await refused(
    { servers: [{ serviceMs: -1 }] },
    /servers\[0\]\.serviceMs: expected milliseconds, or a distribution such as exponential\(10\), got -1/,
  )
  await refused(
    { servers: [{ serviceMs: 1, workers: 0 }] },
    /servers\[0\]\.workers: expected a whole number of at least 1, or Infinity, got 0/,
  )
  await refused({ servers: [{ serviceMs: 1, failures: { share: 2 } }] }, /failures\.share: expected a number from 0 to 1, got 2/)
  await refused({ servers: [...servers(1, { serviceMs: 1 }), { name: 's1', serviceMs: 1 }] }, /the name "s1" is there twice/)
  await refused(
    { changes: [{ at: 10, change: (world: SimulatedWorld) => world.server('s9') }] },
    /server: expected one of s1, s2, got "s9"/,
  )
  await refused(
    { changes: [{ at: 10, change: (world: SimulatedWorld) => (world.server('s1').speed = Number.NaN) }] },
    /s1: speed: expected a number of at least 0, got NaN/,
  )
  assert.throws(() => exponential(0), /exponential: mean: expected a number greater than 0, got 0/)
  assert.throws(() => trace([2, 1]), /trace: \[1\]: expected a time that is not before the last one, got 1/)
  assert.throws(() => poisson(-1), /poisson: expected a number of calls per second, got -1/)
})
