import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Call, fixed, MeshError, mesh, type Outcome, replied, type ServiceDraft, type Transport } from '../../../src/index.ts'
import { fewEnough, turnShare } from '../../../src/runtime/turn-share.ts'
import { fakeClock, testReply } from '../../../src/testing/index.ts'

type Ends = 'signal' | 'deadline' | 'queueTimeout'

const limits = {
  concurrency: (s: ServiceDraft, ends: Ends) =>
    s.concurrency({ limit: 1, queue: 10_000, ...(ends === 'queueTimeout' && { queueTimeout: 500 }) }),
  endpoints: (s: ServiceDraft, ends: Ends) =>
    s.concurrency({ endpoints: { limit: 1, queue: 10_000 }, ...(ends === 'queueTimeout' && { queueTimeout: 500 }) }),
  rate: (s: ServiceDraft) => s.rateLimit({ permits: 1, per: '10m', overflow: 'queue', maxQueue: 10_000 }),
}

/** So many calls wait behind one that was sent. */
function crowd(limit: keyof typeof limits, ends: Ends, calls: number) {
  const clock = fakeClock()
  const sent: string[] = []
  const answers: ((outcome: Outcome) => void)[] = []
  const transport: Transport = {
    name: 'held',
    send: ({ call }: { readonly call: Call }) => {
      sent.push(call.path)
      return new Promise((resolve) => answers.push(resolve))
    },
    close: async () => {},
  }
  const net = mesh({ name: 'test', clock, transport, telemetry: false })
    .service(
      'orders',
      (s) => limits[limit](s.resolve(fixed(['http://10.0.0.1:80'])).deadline(Number.POSITIVE_INFINITY) as never, ends) as never,
    )
    .build()
  let turn = 0
  const schedule = clock.schedule.bind(clock)
  clock.schedule = (ms, task, options) => {
    const counted = () => {
      turn += 1
      task()
    }
    return schedule(ms, counted, options)
  }
  const leaving = new AbortController()
  const over: { readonly i: number; readonly turn: number; readonly error: unknown }[] = []
  const begin = (i: number) =>
    net
      .fetch(`http://orders/${i}`, {
        ...(ends === 'signal' && i > 0 && { signal: leaving.signal }),
        ...(ends === 'deadline' && i > 0 && { mesh: { deadline: 500 } }),
      })
      .then(
        () => undefined,
        (error: unknown) => error,
      )
      .then((error) => over.push({ i, turn, error }))
  const all = Array.from({ length: calls + 1 }, (_, i) => begin(i))
  return { clock, net, sent, over, all, leaving, answer: () => answers.shift()?.(replied(testReply())) }
}

const messages: Readonly<Record<Ends, RegExp>> = {
  signal: /aborted/,
  deadline: /deadline of 500 ms passed while waiting for/,
  queueTimeout: /it waited 500 ms, which is queueTimeout/,
}

for (const [limit, ends] of [
  ['concurrency', 'signal'],
  ['concurrency', 'deadline'],
  ['concurrency', 'queueTimeout'],
  ['endpoints', 'signal'],
  ['endpoints', 'deadline'],
  ['endpoints', 'queueTimeout'],
  ['rate', 'signal'],
  ['rate', 'deadline'],
] as const) {
  test(`calls that wait for a limit (${limit}) and end together (${ends}) end in order, so many in a turn, and none of them is sent`, async () => {
    const { clock, net, sent, over, all, leaving, answer } = crowd(limit, ends, 2_000)
    await clock.advance(0)
    assert.deepEqual(sent, ['/0'])
    if (ends === 'signal') {
      leaving.abort()
      // There is room, while most of those who left have not been told.
      answer()
      await clock.advance(0)
    } else {
      // In the turn in which the time comes there is room, too.
      clock.schedule(500, () => answer())
      await clock.advance(500)
    }
    await Promise.all(all)
    assert.deepEqual(sent, ['/0'])
    const left = over.filter(({ i }) => i > 0)
    assert.deepEqual(
      left.map(({ i }) => i),
      Array.from({ length: 2_000 }, (_, i) => i + 1),
    )
    for (const { error } of left) assert.match(String(MeshError.from(error)?.message ?? error), messages[ends])
    const perTurn = new Map<number, number>()
    for (const { turn } of left) perTurn.set(turn, (perTurn.get(turn) ?? 0) + 1)
    const most = Math.max(...perTurn.values())
    assert.ok(most <= fewEnough + turnShare, `${most} in one turn`)
    await net.close({ grace: 0 })
    clock.assertIdle()
  })
}

test('whoever comes after those that end together, and does not end, gets the permit', async () => {
  const { clock, net, sent, all, leaving, answer } = crowd('concurrency', 'signal', 1_000)
  await clock.advance(0)
  const stays = net.fetch('http://orders/stays')
  leaving.abort()
  answer()
  await clock.advance(0)
  assert.deepEqual(sent, ['/0', '/stays'])
  answer()
  assert.equal((await stays).status, 200)
  await Promise.all(all)
  await net.close({ grace: 0 })
})

test('a hundred that leave together leave there and then', async () => {
  const { clock, net, over, leaving } = crowd('concurrency', 'signal', 100)
  await clock.advance(0)
  leaving.abort()
  await clock.settle()
  assert.equal(over.length, 100)
  await net.close({ grace: 0 })
})
