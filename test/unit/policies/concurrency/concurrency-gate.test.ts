import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cancellation } from '../../../../src/call/cancellation.ts'
import { failed, replied } from '../../../../src/call/outcome.ts'
import { waits } from '../../../../src/call/waiting-for.ts'
import { MeshError } from '../../../../src/errors/mesh-error.ts'
import { ConcurrencyGate } from '../../../../src/policies/concurrency/concurrency-gate.ts'
import { WatchedLimit } from '../../../../src/policies/concurrency/watched-limit.ts'
import { fewEnough, turnShare } from '../../../../src/runtime/turn-share.ts'
import { testCall } from '../../../../src/testing/test-call.ts'
import { testHost } from '../../../../src/testing/test-host.ts'
import { testReply } from '../../../../src/testing/test-reply.ts'
import { errorOf } from '../test-stack.ts'
import { testGate } from './test-gate.ts'

/** Promises settle, and time does not move: this is one turn for whoever waits for the next. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

test('calls beyond the limit wait, and go on in the order in which they came', async () => {
  const { gate, begin, answer, names } = testGate(2)
  for (const name of ['/1', '/2', '/3', '/4']) void begin(name)
  assert.deepEqual(names(), ['/1', '/2'])
  assert.equal(gate.waiting, 2)
  await answer()
  assert.deepEqual(names(), ['/2', '/3'])
  await answer()
  assert.deepEqual(names(), ['/3', '/4'])
  await answer()
  await answer()
  assert.equal(gate.inFlight, 0)
  assert.deepEqual(gate.counts, { granted: 4, waited: 2, refused: 0, spared: 0 })
})

test('a permit is held until the body is over', async () => {
  const { gate, begin, head, names, host } = testGate(1)
  void begin('/1')
  void begin('/2')
  const feed = await head()
  assert.deepEqual(names(), [])
  assert.equal(gate.inFlight, 1)
  feed.end()
  await host.clock.settle()
  assert.deepEqual(names(), ['/2'])
})

test('the most important call goes first', async () => {
  const { begin, answer, names } = testGate(1)
  void begin('/first')
  void begin('/nine', 9)
  void begin('/zero', 0)
  void begin('/five', 5)
  const order: string[] = []
  for (let i = 0; i < 4; i += 1) {
    order.push(...names())
    await answer()
  }
  assert.deepEqual(order, ['/first', '/zero', '/five', '/nine'])
})

test('a full queue refuses the least important call that came last, whether it waits or comes', async () => {
  const { gate, host, begin } = testGate(1, { queue: 2 })
  void begin('/1')
  const [five, nine] = [begin('/five', 5), begin('/nine', 9)]
  const refused = errorOf(await begin('/nine more', 9))
  assert.equal(refused.code, 'OVERLOADED')
  assert.equal(
    refused.message,
    'test: no room: the call needed a permit of the concurrency limit, and 2 calls of the same or more importance wait already',
  )
  assert.deepEqual(refused.facts, { service: 'test', sent: false, field: 'concurrency' })
  void begin('/zero', 0)
  assert.match(errorOf(await nine).message, /gave way to a more important call/)
  assert.equal(gate.waiting, 2)
  const again = errorOf(await begin('/five again', 5))
  assert.equal(again.code, 'OVERLOADED')
  assert.deepEqual(
    host.events.map(({ name, event }) => [name, (event as { priority?: number }).priority]),
    [
      ['call-shed', 9],
      ['call-shed', 9],
      ['call-shed', 5],
    ],
  )
  void five
})

test('without a queue a call beyond the limit is refused at once', async () => {
  const { begin } = testGate(1, { queue: 0 })
  void begin('/1')
  assert.match(errorOf(await begin('/2')).message, /and calls may not wait$/)
})

test('a call that waits ends with its caller, and leaves its place to nobody', async () => {
  const { gate, begin, answer, names } = testGate(1)
  const cancellation = new Cancellation()
  void begin('/1')
  const left = begin('/2', 5, { cancellation })
  void begin('/3')
  cancellation.cancel(new MeshError('DEADLINE_EXCEEDED', 'too late', { service: 'test', sent: false }))
  assert.equal(errorOf(await left).code, 'DEADLINE_EXCEEDED')
  assert.equal(gate.waiting, 1)
  await answer()
  assert.deepEqual(names(), ['/3'])
  await answer()
  assert.equal(gate.inFlight, 0)
})

test('a call waits no longer than queueTimeout, and says for what', async () => {
  const { host, begin, answer, names } = testGate(1, { queueTimeoutMs: 100 })
  void begin('/1')
  const late = begin('/2')
  await host.clock.advance(100)
  assert.match(errorOf(await late).message, /and it waited 100 ms, which is queueTimeout$/)
  await answer()
  assert.deepEqual(names(), [])
  host.clock.assertIdle()
})

test('the time that a call waits is told with it', async () => {
  const host = testHost()
  const gate = new ConcurrencyGate(host)
  gate.use({ limit: new WatchedLimit(1, host), queue: 1, queueTimeoutMs: Number.POSITIVE_INFINITY, enforce: 1 })
  const ends: (() => void)[] = []
  const error = failed(new MeshError('CONNECT_FAILED', 'no', { service: 'test', sent: false }))
  const send = gate.layer(() => new Promise((resolve) => ends.push(() => resolve(error))))
  void send(testCall())
  const call = testCall()
  void send(call)
  await host.clock.advance(70)
  ends[0]?.()
  await host.clock.settle()
  assert.deepEqual(call.context.get(waits), [{ reason: 'a permit of the concurrency limit', ms: 70, since: undefined }])
})

test('a layer that throws gives its permit back', async () => {
  const host = testHost()
  const gate = new ConcurrencyGate(host)
  gate.use({ limit: new WatchedLimit(1, host), queue: 1, queueTimeoutMs: Number.POSITIVE_INFINITY, enforce: 1 })
  const send = gate.layer(() => Promise.reject(new Error('mistake')))
  await assert.rejects(send(testCall()), /mistake/)
  assert.equal(gate.inFlight, 0)
})

test('a limit that is only observed lets everybody through, and counts who would have waited', async () => {
  const { gate, begin, names } = testGate(1, { enforce: 0 })
  for (const name of ['/1', '/2', '/3']) void begin(name)
  assert.equal(names().length, 3)
  assert.deepEqual(gate.counts, { granted: 1, waited: 0, refused: 0, spared: 2 })
})

test('a limit that is raised lets those go on who wait, and one that is lowered takes nothing away', async () => {
  const { gate, use, begin, names, host } = testGate(1)
  for (const name of ['/1', '/2', '/3', '/4']) void begin(name)
  use(3)
  await host.clock.settle()
  assert.deepEqual(names(), ['/1', '/2', '/3'])
  use(1)
  assert.equal(gate.inFlight, 3)
  assert.equal(gate.free, false)
})

test('a queue of 10,000 drains in order, so many calls in a turn of the event loop', async () => {
  const many = testGate(1, { queue: 10_000 })
  for (let i = 0; i <= 10_000; i += 1) void many.begin(`/${i}`)
  const lastOfTurn = [10_000]
  const { clock } = many.host
  const schedule = clock.schedule.bind(clock)
  clock.schedule = (ms, task) => {
    lastOfTurn.push(many.gate.waiting)
    return schedule(ms, task)
  }
  many.use(20_000)
  await clock.advance(0)
  const turns = lastOfTurn.slice(1).map((waiting, i) => (lastOfTurn[i] as number) - waiting)
  // One more than the share: whoever finds it used up has let go somebody already.
  assert.deepEqual([...new Set(turns)], [turnShare + 1])
  assert.equal(turns.length, Math.ceil((10_000 - fewEnough) / (turnShare + 1)) - 1, 'the last of them go at once')
  await many.host.clock.settle()
  assert.deepEqual(
    many.names(),
    Array.from({ length: 10_001 }, (_, i) => `/${i}`),
  )
})

test('calls that end at once hand their permit on in turns, too', async () => {
  const host = testHost()
  const gate = new ConcurrencyGate(host)
  gate.use({ limit: new WatchedLimit(1, host), queue: 1_000, queueTimeoutMs: Number.POSITIVE_INFINITY, enforce: 1 })
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const sent: string[] = []
  const send = gate.layer(async (call) => {
    sent.push(call.path)
    if (call.path === '/0') await opened
    return replied(testReply())
  })
  const all = Array.from({ length: 200 }, (_, i) => send(testCall({ path: `/${i}` })))
  open()
  await settled()
  assert.equal(sent.length, turnShare + 2)
  await host.clock.advance(0)
  await Promise.all(all)
  assert.deepEqual(
    sent,
    Array.from({ length: 200 }, (_, i) => `/${i}`),
  )
  assert.equal(gate.inFlight, 0)
})

test('a newcomer does not overtake those who wait for the next turn, and one that waits is let go with them', async () => {
  const { gate, use, begin, names, host } = testGate(1, { queue: 1_000 })
  for (let i = 0; i <= 400; i += 1) void begin(`/${i}`)
  use(1_000)
  await settled()
  assert.ok(gate.waiting > 0 && gate.inFlight < gate.limit)
  assert.equal(gate.free, false)
  void begin('/newcomer')
  await host.clock.advance(0)
  assert.equal(names().at(-1), '/newcomer')
  assert.equal(names().length, 402)
  assert.equal(gate.free, true)
})

test('who asks to be told of room is told when the last of those who waited for their turn went on', async () => {
  const { gate, use, begin, host } = testGate(1, { queue: 1_000 })
  for (let i = 0; i <= 400; i += 1) void begin(`/${i}`)
  use(1_000)
  let told = false
  void gate.news.wait().then(() => {
    told = true
  })
  await settled()
  assert.equal(told, false)
  await host.clock.advance(0)
  assert.equal(told, true)
})

test('a gate that closes turns away so many in a turn, and who comes then at once', async () => {
  const { gate, host, begin } = testGate(1)
  let over = 0
  const turned = Array.from({ length: 200 }, (_, i) => begin(`/${i}`).then((outcome) => [outcome, (over += 1)] as const))
  gate.close(() => new MeshError('CLOSED', 'closed', { service: 'test', sent: false }))
  await settled()
  assert.equal(over, turnShare)
  assert.equal(errorOf(await begin('/late')).code, 'CLOSED')
  await host.clock.advance(0)
  for (const [outcome] of await Promise.all(turned.slice(1))) assert.equal(errorOf(outcome).code, 'CLOSED')
  host.clock.assertIdle()
})

test('a limit of a user that throws, or makes no sense, costs an event and stays what it was', async () => {
  const host = testHost()
  let next: unknown = 7
  const limit = new WatchedLimit(
    {
      name: 'mine',
      get limit() {
        return next as number
      },
      ended: () => {
        if (next === 'throw') throw new Error('mistake')
      },
    },
    host,
  )
  for (const wrong of [0, Number.NaN, '5', undefined, 'throw']) {
    next = wrong
    limit.ended({ latencyMs: 1, inFlight: 1, overloaded: false, now: 0 })
    assert.equal(limit.value, 7)
  }
  assert.equal(host.events.filter(({ name }) => name === 'part-threw').length, 5)
  assert.throws(() => new WatchedLimit({ name: 'none', limit: 0 }, host), /a concurrency limit with a limit of at least 1, got 0/)
})
