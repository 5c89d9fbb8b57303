import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { BalancerPart, Picker } from '../../../src/balancing/balancer.ts'
import { EndpointHashes } from '../../../src/balancing/endpoint-hashes.ts'
import { maglev } from '../../../src/balancing/maglev.ts'
import { ringHash } from '../../../src/balancing/ring-hash.ts'
import { allSteps, type Steps, sortByHash } from '../../../src/balancing/steps.ts'
import { type KeyTable, TableWorks } from '../../../src/balancing/table-works.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { Roster } from '../../../src/endpoint/roster.ts'
import type { Clock } from '../../../src/runtime/clock.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { testQuery } from '../../../src/testing/test-call.ts'
import { testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'

/** Each with its own size, and with one at which not even the first table is made at once. */
const tabled: readonly (readonly [string, () => BalancerPart, () => BalancerPart])[] = [
  ['ring hash', () => ringHash({ hashOn: 'path' }), () => ringHash({ hashOn: 'path', minSize: 80_000, maxSize: 200_000 })],
  ['maglev', () => maglev({ hashOn: 'path' }), () => maglev({ hashOn: 'path', tableSize: 131_101 })],
]

const keys = Array.from({ length: 300 }, (_, index) => testQuery([], { path: `/items/${index}` }))

function owners(picker: Picker): (Endpoint | undefined)[] {
  return keys.map((query) => picker.pick(query))
}

function world(part: BalancerPart) {
  const host = testHost()
  const balancer = part(host)
  const ready = async () => {
    while (host.clock.pending > 0) await host.clock.advance(1)
  }
  return { host, clock: host.clock, balancer, ready }
}

test('a table that is expected again is begun anew only if it would be another one', async () => {
  const clock = fakeClock()
  let begun = 0
  const build = function* (endpoints: readonly Endpoint[]): Steps<KeyTable> {
    begun += 1
    for (let step = 0; step < 100; step += 1) yield
    return { endpoints, pick: () => endpoints[0] as Endpoint }
  }
  const works = new TableWorks(clock, build, () => 100)
  const endpoints = testEndpoints(3)
  works.expect(endpoints)
  await clock.advance(2)
  works.expect([...endpoints])
  while (clock.pending > 0) await clock.advance(1)
  works.expect(endpoints)
  clock.assertIdle()
  assert.equal(begun, 1)
  endpoints[1]!.weight = 2
  works.expect(endpoints)
  works.expect(endpoints.slice(1))
  while (clock.pending > 0) await clock.advance(1)
  assert.equal(begun, 2)
  assert.equal(works.takeExpected(endpoints), undefined)
  works.expect(endpoints)
  clock.assertIdle()
})

/** A table of so many steps, each of which takes a tenth of a millisecond. */
function slowWorks(steps: number, entries = 100) {
  const clock = fakeClock()
  let spentMs = 0
  const spent = () => Math.round(10 * spentMs)
  /** What was spent when the next slice was put off. */
  const slices: number[] = []
  const slow: Clock = {
    now: () => clock.now() + spentMs,
    wallTime: () => clock.wallTime(),
    schedule(delayMs, task, options) {
      slices.push(spent())
      return clock.schedule(delayMs, task, options)
    },
  }
  const build = function* (endpoints: readonly Endpoint[]): Steps<KeyTable> {
    for (let step = 0; step < steps; step += 1) {
      spentMs += 0.1
      yield
    }
    return { endpoints, pick: () => endpoints[0] as Endpoint }
  }
  const works = new TableWorks(slow, build, () => entries)
  return { clock, works, spent, slices }
}

/** Somebody who wants a table. */
function wanting(endpoints: readonly Endpoint[]) {
  const wanted = {
    endpoints,
    table: undefined as KeyTable | undefined,
    drops: 0,
    made(table: KeyTable) {
      wanted.table = table
    },
    dropped() {
      wanted.drops += 1
    },
  }
  return wanted
}

test('whoever waits for a table works on it for half a millisecond, and then it is made without a rest', async () => {
  const { clock, works, spent, slices } = slowWorks(100)
  const wanted = wanting(testEndpoints(3))
  works.want(wanted)
  assert.equal(clock.pendingForeground, 0, 'nobody waits yet')
  slices.length = 0
  assert.equal(works.hurry(wanted), true)
  assert.equal(spent(), 5)
  assert.equal(works.hurry(wanted), true)
  assert.equal(spent(), 5, 'others wait, and do not work')
  assert.equal(clock.pendingForeground, 1, 'it keeps the process alive')
  await clock.advance(0)
  assert.deepEqual(
    slices,
    Array.from({ length: 20 }, (_, turn) => 5 + 5 * turn),
  )
  assert.equal(wanted.table?.endpoints, wanted.endpoints)
  clock.assertIdle()
})

test('a table that is nearly made is finished by whoever asks', async () => {
  const { clock, works } = slowWorks(8)
  const wanted = wanting(testEndpoints(3))
  works.want(wanted)
  await clock.advance(1)
  assert.equal(works.hurry(wanted), false)
  assert.ok(wanted.table !== undefined)
  clock.assertIdle()
})

test('a table that is waited for comes before others, which go on where they were', async () => {
  const { clock, works, spent } = slowWorks(20)
  const [first, second] = [wanting(testEndpoints(3)), wanting(testEndpoints(2))]
  works.want(first)
  await clock.advance(1)
  assert.equal(spent(), 5)
  works.want(second)
  works.hurry(second)
  await clock.advance(0)
  assert.ok(second.table !== undefined && first.table === undefined)
  while (clock.pending > 0) await clock.advance(1)
  assert.ok(first.table !== undefined)
  assert.equal(spent(), 40, 'nothing was made twice')
  assert.equal(works.made, 2)
})

test('a table that somebody must have now is finished now', async () => {
  const { clock, works, spent } = slowWorks(20)
  const wanted = wanting(testEndpoints(3))
  works.want(wanted)
  works.hurry(wanted)
  assert.equal(works.finish(wanted).endpoints, wanted.endpoints)
  assert.equal(spent(), 20)
  clock.assertIdle()
})

test('whoever waits is told when nothing will be made any more', () => {
  const { clock, works } = slowWorks(100)
  const wanted = wanting(testEndpoints(3))
  works.want(wanted)
  works.hurry(wanted)
  works.close()
  assert.equal(wanted.drops, 1)
  assert.equal(works.hurry(wanted), false)
  clock.assertIdle()
})

test('the first table is expected for the well ones of the first tier', () => {
  const works = slowWorks(0).works
  const endpoints = testEndpoints(6, (index) => ({
    priority: index < 2 ? 0 : 1,
    health: index === 2 ? 'draining' : index < 2 ? 'unhealthy' : 'healthy',
  }))
  works.expect(endpoints)
  const wanted = wanting(endpoints.slice(3))
  assert.equal(works.takeExpected(endpoints.slice(3), wanted), undefined)
  assert.equal(works.hurry(wanted), false)
  assert.equal(works.made, 1)
  assert.equal(wanted.table?.endpoints.length, 3)
})

for (const [name, part, large] of tabled) {
  test(`${name}: the first calls of a service find the table that later ones find`, async () => {
    const { clock, balancer } = world(part())
    const picker = balancer.picker(testEndpoints(50))
    const before = owners(picker)
    assert.equal(balancer.counts?.().tables, 1)
    clock.assertIdle()
    assert.deepEqual(owners(picker), before)
  })

  test(`${name}: until a large first table is made, each key goes to the endpoint that prefers it`, async () => {
    const { clock, balancer, ready } = world(large())
    const endpoints = testEndpoints(50)
    const picker = balancer.picker(endpoints)
    const hashes = new EndpointHashes(endpoints)
    const before = owners(picker)
    assert.deepEqual(before, owners(picker))
    assert.ok(before.every((owner) => owner !== undefined && hashes.preferredBy(0) !== undefined))
    assert.equal(balancer.counts?.().tables, 0)
    await ready()
    assert.equal(balancer.counts?.().tables, 1)
    assert.notDeepEqual(owners(picker), before)
    assert.equal(clock.pendingForeground, 0)
  })

  test(`${name}: a first table that is expected is made beside the calls, and then it is there`, async () => {
    const { clock, balancer, ready } = world(part())
    const endpoints = testEndpoints(50)
    balancer.expect?.(endpoints)
    assert.equal(clock.pendingForeground, 0)
    assert.equal(clock.pending, 1)
    await ready()
    const picker = balancer.picker([...endpoints])
    clock.assertIdle()
    assert.equal(balancer.counts?.().tables, 1)
    assert.deepEqual(owners(picker), owners(world(part()).balancer.picker(endpoints)))
  })

  test(`${name}: a call that comes before the expected table is done finds the same one`, async () => {
    for (const slices of [0, 1, 2, 3]) {
      const { clock, balancer } = world(part())
      const endpoints = testEndpoints(5_000)
      balancer.expect?.(endpoints)
      for (let slice = 0; slice < slices; slice += 1) await clock.advance(1)
      const found = owners(balancer.picker(endpoints))
      clock.assertIdle()
      assert.equal(balancer.counts?.().tables, 1)
      assert.deepEqual(found, owners(world(part()).balancer.picker(endpoints)), `after ${slices} slices`)
    }
  })

  test(`${name}: no call waits for what is left of a large expected table, which is made once`, async () => {
    for (const slices of [0, 1, 2, 3]) {
      const { clock, balancer, ready } = world(large())
      const endpoints = testEndpoints(500)
      balancer.expect?.(endpoints)
      for (let slice = 0; slice < slices; slice += 1) await clock.advance(1)
      const picker = balancer.picker(endpoints)
      assert.equal(balancer.counts?.().tables, 0, `after ${slices} slices`)
      assert.ok(owners(picker).every((owner) => owner !== undefined))
      assert.equal(clock.pending, 1)
      await ready()
      assert.equal(balancer.counts?.().tables, 1)
      const fresh = world(large())
      const other = fresh.balancer.picker(endpoints)
      await fresh.ready()
      assert.deepEqual(owners(picker), owners(other))
    }
  })

  test(`${name}: weights of any size share by their proportion`, () => {
    const shares = (weights: readonly number[]) => {
      const endpoints = testEndpoints(3, (index) => ({ weight: weights[index] as number }))
      return owners(world(part()).balancer.picker(endpoints)).map((owner) => endpoints.indexOf(owner as never))
    }
    assert.deepEqual(shares([2 ** 1022, 2 ** 1023, 2 ** 1021]), shares([2, 4, 1]))
    assert.deepEqual(new Set(shares([Number.MIN_VALUE, 1, 1e308])), new Set([2]))
  })

  test(`${name}: a large expected table that goes on for a call ends with its balancer`, async () => {
    const { clock, balancer } = world(large())
    const endpoints = testEndpoints(500)
    balancer.expect?.(endpoints)
    await clock.advance(1)
    const picker = balancer.picker(endpoints)
    balancer.close?.()
    clock.assertIdle()
    balancer.expect?.(endpoints)
    assert.deepEqual(owners(picker), owners(picker))
    clock.assertIdle()
  })

  test(`${name}: a table that was expected for others is given up, and is nobody's table before`, async () => {
    for (const slices of [0, 1, 50]) {
      const { clock, balancer } = world(part())
      const endpoints = testEndpoints(60)
      balancer.expect?.(endpoints)
      for (let slice = 0; slice < slices; slice += 1) await clock.advance(1)
      const some = endpoints.slice(10)
      assert.deepEqual(owners(balancer.picker(some)), owners(world(part()).balancer.picker(some)))
      clock.assertIdle()
      assert.equal(balancer.counts?.().tables, 1)
    }
  })

  test(`${name}: what is expected last counts, with the weights that it has then`, async () => {
    const { clock, balancer, ready } = world(part())
    const roster = new Roster()
    const specs = Array.from({ length: 40 }, (_, i) => ({ url: `http://10.0.0.${i + 1}:80` }))
    roster.update(specs)
    balancer.expect?.(roster.endpoints)
    await ready()
    roster.update(specs.map((spec, i) => ({ ...spec, weight: 1 + (i % 3) })))
    balancer.expect?.(roster.endpoints)
    await ready()
    const found = owners(balancer.picker(roster.endpoints))
    assert.deepEqual(found, owners(world(part()).balancer.picker(roster.endpoints)))
    balancer.expect?.([])
    balancer.expect?.(roster.endpoints)
    clock.assertIdle()
  })

  test(`${name}: the table before serves while another is made, without the endpoints that are gone`, async () => {
    const { balancer, ready } = world(part())
    const endpoints = testEndpoints(40)
    const old = balancer.picker(endpoints)
    await ready()
    const before = owners(old)
    const gone = endpoints.slice(0, 4)
    const rest = [...endpoints.slice(4), ...testEndpoints(45).slice(40)]
    const next = balancer.picker(rest)
    const meanwhile = owners(next)
    meanwhile.forEach((owner, index) => {
      assert.ok(rest.includes(owner as never))
      if (!gone.includes(before[index] as never)) assert.equal(owner, before[index])
    })
    await ready()
    assert.ok(
      owners(next).some((owner) => rest.slice(36).includes(owner as never)),
      'who came has keys now',
    )
  })

  test(`${name}: work is done in slices, in the background, and ends when the service does`, async () => {
    const { clock, balancer } = world(large())
    balancer.picker(testEndpoints(3_000))
    assert.equal(clock.pending, 1)
    assert.equal(clock.pendingForeground, 0)
    await clock.advance(1)
    assert.equal(balancer.counts?.().tables, 0, 'one slice is not enough')
    assert.equal(clock.pending, 1)
    balancer.close?.()
    clock.assertIdle()
  })

  test(`${name}: a set that changes faster than tables are made gets one all the same`, async () => {
    const { clock, balancer, ready } = world(part())
    const endpoints = testEndpoints(60)
    let picker = balancer.picker(endpoints)
    for (let change = 0; change < 30; change += 1) {
      await clock.advance(1)
      picker = balancer.picker(endpoints.slice(change % 10))
      assert.ok(picker.pick(keys[0]!) !== undefined)
    }
    await clock.advance(5)
    assert.ok((balancer.counts?.().tables ?? 0) > 0)
    await ready()
    const fresh = world(part())
    const other = fresh.balancer.picker(endpoints.slice(9))
    await fresh.ready()
    assert.deepEqual(owners(picker), owners(other), 'and in the end the very same as anybody else')
  })

  test(`${name}: what the call has tried is left out at any time`, async () => {
    const { balancer, ready } = world(part())
    const endpoints = testEndpoints(10)
    const spent = endpoints.slice(1)
    const first = balancer.picker(endpoints)
    assert.equal(first.pick(testQuery(spent, { path: '/1' })), endpoints[0])
    await ready()
    const second = balancer.picker(endpoints.slice(0, 9))
    assert.equal(second.pick(testQuery(spent, { path: '/1' })), endpoints[0])
  })

  test(`${name}: a very large set is served from the first moment`, () => {
    const { balancer } = world(part())
    const endpoints = testEndpoints(20_000)
    const picker = balancer.picker(endpoints)
    const found = owners(picker)
    assert.deepEqual(found, owners(picker))
    assert.ok(new Set(found).size > 250)
    balancer.close?.()
  })
}

test('indexes come out in the order of their hashes', () => {
  const hash = fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(0, 5, 2 ** 32 - 1))
  fc.assert(
    fc.property(fc.array(hash, { maxLength: 300 }), (hashes) => {
      const order = allSteps(sortByHash(Uint32Array.from(hashes), (a, b) => a > b))
      const wanted = [...hashes.keys()].sort((a, b) => hashes[a]! - hashes[b]! || b - a)
      assert.deepEqual([...order], wanted)
    }),
  )
})
