import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type EndpointSpec,
  fixed,
  type Mesh,
  MeshError,
  type MeshEvents,
  mesh,
  ringHash,
  type ServiceDraft,
  type SplitOptions,
} from '../../../src/index.ts'
import { fakeClock, type ScriptedAttempt, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'

const endpointsOf = (version: string, count: number): EndpointSpec[] =>
  Array.from({ length: count }, (_, i) => ({ url: `http://${version}-${i}.internal:80`, labels: { version } }))

const both = [...endpointsOf('v1', 3), ...endpointsOf('v2', 2)]

interface WorldOptions {
  readonly endpoints?: readonly EndpointSpec[]
  readonly configure?: (s: ServiceDraft) => unknown
  /** Whether an attempt fails. */
  readonly fails?: (attempt: ScriptedAttempt, version: string) => boolean
}

/** A service whose servers answer with their version. */
function world(split: SplitOptions, { endpoints = both, configure = (s: ServiceDraft) => s, fails = () => false }: WorldOptions = {}) {
  const clock = fakeClock()
  const transport = scriptedTransport((attempt) => {
    const version = attempt.endpoint.labels.version ?? 'none'
    return { status: fails(attempt, version) ? 503 : 200, body: version }
  })
  const net = mesh({ clock, transport, random: seededRandom('split') })
    .service('orders', (s) => {
      const draft = configure(s as unknown as ServiceDraft) as ServiceDraft
      return draft.resolve(fixed(endpoints)).split(split)
    })
    .build() as unknown as Mesh
  const heard: string[] = []
  net.on('split-stepped', ({ progress, shares, done }) => heard.push(`stepped ${progress} ${JSON.stringify(shares)}${done ? ' done' : ''}`))
  net.on('split-resumed', ({ progress }) => heard.push(`resumed ${progress}`))
  net.on('split-aborted', ({ reason, version }) => heard.push(`aborted ${reason} ${version}`))
  /** Who answers so many calls. */
  const calls = async (count: number, init: (number: number) => object = () => ({})): Promise<Record<string, number>> => {
    const answers: Record<string, number> = {}
    for (let i = 0; i < count; i += 1) {
      const answer = await (await net.fetch('http://orders/', init(i))).text()
      answers[answer] = (answers[answer] ?? 0) + 1
    }
    return answers
  }
  const splitNow = () => {
    const found = net.snapshot().services.orders?.split
    assert.ok(found)
    return found
  }
  return { clock, net, transport, calls, heard, splitNow }
}

const bare = (s: ServiceDraft) => s.retry(false).circuitBreaker(false).ejection(false)
const ofUser = (i: number) => ({ headers: { 'x-user-id': `user-${i}` } })

test('calls are divided by weight', async () => {
  const { net, calls, splitNow } = world({ by: 'version', weights: { v1: 75, v2: 25 } })
  const { v1 = 0, v2 = 0 } = await calls(2_000)
  assert.equal(v1 + v2, 2_000)
  // Four standard deviations.
  assert.ok(Math.abs(v2 - 500) < 78, String(v2))
  assert.deepEqual(splitNow().versions, {
    v1: { share: 0.75, calls: v1, elsewhere: 0, window: undefined },
    v2: { share: 0.25, calls: v2, elsewhere: 0, window: undefined },
  })
  assert.equal(splitNow().state, 'steady')
  await net.close()
})

test('a call that names its version is not divided, and one that names another label is', async () => {
  const endpoints = [...both.map((spec) => ({ ...spec, labels: { ...spec.labels, tier: 'a' } })), ...endpointsOf('v3', 1)]
  const { net, calls, splitNow } = world({ by: 'version', weights: { v1: 50, v2: 50 } }, { endpoints })
  assert.deepEqual(await calls(20, () => ({ mesh: { subset: { version: 'v2' } } })), { v2: 20 })
  assert.deepEqual(await calls(20, () => ({ mesh: { subset: { version: 'v3' } } })), { v3: 20 })
  assert.equal((splitNow().versions.v1?.calls ?? 0) + (splitNow().versions.v2?.calls ?? 0), 0)
  const { v1 = 0, v2 = 0 } = await calls(100, () => ({ mesh: { subset: { tier: 'a' } } }))
  assert.ok(v1 > 25 && v2 > 25 && v1 + v2 === 100)
  await net.close()
})

test('a user stays on a version, in every process', async () => {
  const split: SplitOptions = { by: 'version', weights: { v1: 70, v2: 30 }, stickyBy: { header: 'x-user-id' } }
  const seen = new Map<number, string>()
  for (const { net, calls } of [world(split), world(split)]) {
    for (let user = 0; user < 60; user += 1) {
      const [version] = Object.keys(await calls(3, () => ofUser(user)))
      assert.deepEqual(Object.values(await calls(2, () => ofUser(user))), [2])
      assert.equal(seen.get(user) ?? version, version)
      seen.set(user, version as string)
    }
    await net.close()
  }
  assert.deepEqual(new Set(seen.values()), new Set(['v1', 'v2']))
})

test('calls without what keeps users on a version are divided by chance', async () => {
  const { net, calls } = world({ by: 'version', weights: { v1: 50, v2: 50 }, stickyBy: { header: 'x-user-id' } })
  const { v1 = 0, v2 = 0 } = await calls(200)
  assert.ok(v1 > 60 && v2 > 60)
  await net.close()
})

test('users of a version are spread over its endpoints by a balancer that hashes the same', async () => {
  const hashOn = { header: 'x-user-id' }
  const { net, calls, transport } = world(
    { by: 'version', weights: { v1: 95, v2: 5 }, stickyBy: hashOn },
    { configure: (s) => s.balance(ringHash({ hashOn })) },
  )
  await calls(2_000, ofUser)
  const at = (name: string) => transport.attempts.filter(({ endpoint }) => endpoint.hostname === name).length
  assert.ok(at('v2-0.internal') > 15 && at('v2-1.internal') > 15, `${at('v2-0.internal')} and ${at('v2-1.internal')}`)
  await net.close()
})

test('what throws while it tells what to keep users by is told, and the call goes on', async () => {
  const stickyBy = () => {
    throw new Error('no user')
  }
  const { net, calls } = world({ by: 'version', weights: { v1: 50, v2: 50 }, stickyBy })
  const parts: string[] = []
  net.on('part-threw', ({ part }) => parts.push(part))
  const { v1 = 0, v2 = 0 } = await calls(50)
  assert.equal(v1 + v2, 50)
  assert.equal(parts.length, 50)
  assert.equal(parts[0], 'split.stickyBy')
  await net.close()
})

test('repeated attempts stay on the version that the call was given', async () => {
  const { clock, net, transport } = world(
    { by: 'version', weights: { v1: 50, v2: 50 } },
    { fails: ({ attempt: { number } }) => number < 3, configure: (s) => s.circuitBreaker(false).ejection(false).retry({ budget: false }) },
  )
  const seen = new Set<string | undefined>()
  for (let i = 0; i < 20; i += 1) {
    const before = transport.attempts.length
    await clock.until(net.fetch('http://orders/'))
    const versions = transport.attempts.slice(before).map(({ endpoint }) => endpoint.labels.version)
    assert.equal(versions.length, 3)
    assert.equal(new Set(versions).size, 1, versions.join())
    seen.add(versions[0])
  }
  assert.deepEqual([...seen].sort(), ['v1', 'v2'])
  await clock.until(net.close())
})

test('calls of a version whose endpoints are all ill go to the stable one', async () => {
  const { net, calls, splitNow } = world({ by: 'version', weights: { v1: 50, v2: 50 }, abort: false })
  await calls(1)
  for (const address of ['http://v2-0.internal:80', 'http://v2-1.internal:80']) net.service('orders').eject(address)
  const before = splitNow().versions.v2?.calls ?? 0
  assert.deepEqual(await calls(40), { v1: 40 })
  const { calls: given = 0, elsewhere } = splitNow().versions.v2 ?? {}
  assert.ok(given > 5)
  assert.equal(elsewhere, given - before)
  await net.close()
})

test('calls of a stable version that is ill are not put on the new one', async () => {
  const { net, calls } = world({ by: 'version', weights: { v1: 95, v2: 5 } })
  await calls(1)
  for (let i = 0; i < 3; i += 1) net.service('orders').eject(`http://v1-${i}.internal:80`)
  const { v1 = 0 } = await calls(100)
  assert.ok(v1 > 80)
  await net.close()
})

test('calls of a version that has no endpoints go where there are some', async () => {
  const stable = world({ by: 'version', weights: { v1: 50, v2: 50 } }, { endpoints: endpointsOf('v1', 2) })
  assert.deepEqual(await stable.calls(20), { v1: 20 })
  await stable.net.close()
  const fresh = world({ by: 'version', weights: { v1: 95, v2: 5 } }, { endpoints: endpointsOf('v2', 2) })
  assert.deepEqual(await fresh.calls(20), { v2: 20 })
  await fresh.net.close()
})

test('when no version has endpoints the error says which label nobody carries', async () => {
  const { net } = world(
    { by: 'version', weights: { v1: 100, v2: 0 } },
    { endpoints: ['http://a:1'].map((url) => ({ url })), configure: bare },
  )
  const error = MeshError.from(await net.fetch('http://orders/').catch((reason: unknown) => reason))
  assert.match(String(error?.message), /the only endpoint does not carry version=v1: no endpoint has a label version/)
  await net.close()
})

test('an endpoint of a version that nobody is sent to is probed, and the version gets its calls back', async () => {
  let ill = true
  const { clock, net, calls, transport } = world(
    { by: 'version', weights: { v1: 50, v2: 50 }, abort: false },
    {
      endpoints: [...endpointsOf('v1', 2), ...endpointsOf('v2', 1)],
      fails: (_, version) => ill && version === 'v2',
      configure: (s) => s.retry(false),
    },
  )
  await calls(60)
  assert.deepEqual(Object.keys(await calls(30)), ['v1'])
  ill = false
  await clock.advance(10_000)
  const before = transport.attempts.length
  await calls(60)
  assert.ok(transport.attempts.slice(before).filter(({ endpoint }) => endpoint.labels.version === 'v2').length > 15)
  await clock.until(net.close())
})

test('a ramp goes its steps, tells each, and moves the calls', async () => {
  const { clock, net, calls, heard, splitNow } = world({
    by: 'version',
    weights: { v1: 100, v2: 0 },
    ramp: {
      to: { v2: 100 },
      steps: [
        { after: '1m', share: 0.5 },
        { after: '1m', share: 1 },
      ],
    },
  })
  assert.deepEqual(await calls(20), { v1: 20 })
  assert.equal(splitNow().state, 'ramping')
  assert.equal(splitNow().nextStepInMs, 60_000)
  await clock.advance(60_000)
  const { v1 = 0, v2 = 0 } = await calls(100)
  assert.ok(v1 > 30 && v2 > 30)
  await clock.advance(60_000)
  assert.deepEqual(await calls(20), { v2: 20 })
  assert.equal(splitNow().state, 'done')
  assert.deepEqual(heard, ['stepped 0.5 {"v2":0.5,"v1":0.5}', 'stepped 1 {"v2":1,"v1":0} done'])
  await clock.until(net.close())
})

test('a ramp moves no users but those who must move', async () => {
  const { clock, net, calls } = world({
    by: 'version',
    weights: { v1: 90, v2: 10 },
    stickyBy: { header: 'x-user-id' },
    ramp: { to: { v1: 20, v2: 80 }, over: '100s' },
  })
  const versionOf = async (user: number) => Object.keys(await calls(1, () => ofUser(user)))[0]
  let before = await clock.until(Promise.all(Array.from({ length: 200 }, (_, user) => versionOf(user))))
  for (let round = 0; round < 4; round += 1) {
    await clock.advance(25_000)
    const after = await Promise.all(before.map((_, user) => versionOf(user)))
    for (const [user, version] of after.entries()) assert.ok(version === before[user] || version === 'v2', `user ${user} went back`)
    before = after
  }
  assert.ok(before.filter((version) => version === 'v2').length > 140)
  await clock.until(net.close())
})

test('a version that fails is given up, the ramp stands still, and somebody may take it up again', async () => {
  let broken = true
  const { clock, net, calls, heard, splitNow } = world(
    {
      by: 'version',
      weights: { v1: 50, v2: 50 },
      ramp: {
        to: { v2: 100 },
        steps: [
          { after: '1m', share: 0.5 },
          { after: '1m', share: 1 },
        ],
      },
    },
    { configure: bare, fails: (_, version) => broken && version === 'v2' },
  )
  await clock.advance(60_000)
  const events: MeshEvents['split-aborted'][] = []
  net.on('split-aborted', (event) => events.push(event))
  const { v2 = 0 } = await calls(200)
  assert.ok(v2 >= 20 && v2 < 40, String(v2))
  assert.equal(net.service('orders').split.state, 'aborted')
  assert.deepEqual(await calls(50), { v1: 50 })
  const [{ version, stable, reason, shares, figures } = {} as Partial<MeshEvents['split-aborted']>] = events
  assert.deepEqual({ version, stable, reason, shares }, { version: 'v2', stable: 'v1', reason: 'failures', shares: { v2: 0.75, v1: 0.25 } })
  assert.equal(figures?.failureShare, 1)
  assert.equal(figures?.stableFailureShare, 0)
  assert.equal(figures?.calls, v2)
  assert.deepEqual(splitNow().aborted?.figures, figures)
  assert.equal(splitNow().versions.v2?.share, 0)
  await clock.advance(600_000)
  assert.equal(splitNow().progress, 0.5)
  broken = false
  net.service('orders').split.resume()
  net.service('orders').split.resume()
  assert.equal(net.service('orders').split.state, 'ramping')
  assert.ok(((await calls(100)).v2 ?? 0) > 50)
  await clock.advance(60_000)
  assert.deepEqual(await calls(20), { v2: 20 })
  assert.deepEqual(heard, ['stepped 0.5 {"v2":0.75,"v1":0.25}', 'aborted failures v2', 'resumed 0.5', 'stepped 1 {"v2":1,"v1":0} done'])
  await clock.until(net.close())
})

test('a version whose endpoints are kept out by circuits is given up, too', async () => {
  const { clock, net, calls, heard } = world(
    { by: 'version', weights: { v1: 50, v2: 50 }, abort: {} },
    { fails: (_, version) => version === 'v2', configure: (s) => s.retry(false) },
  )
  await calls(100)
  assert.deepEqual(heard, ['aborted failures v2'])
  await clock.until(net.close())
})

test('a version that is taken up again while its circuits are open has the time of a window', async () => {
  let broken = true
  const { clock, net, calls, heard } = world(
    { by: 'version', weights: { v1: 50, v2: 50 }, abort: { window: '30s' } },
    { fails: (_, version) => broken && version === 'v2', configure: (s) => s.retry(false) },
  )
  await calls(100)
  broken = false
  net.service('orders').split.resume()
  assert.deepEqual(await calls(100), { v1: 100 })
  await clock.advance(10_000)
  assert.ok(((await calls(100)).v2 ?? 0) > 25)
  assert.deepEqual(heard, ['aborted failures v2', 'resumed 0'])
  for (const address of ['http://v2-0.internal:80', 'http://v2-1.internal:80']) net.service('orders').eject(address)
  await clock.advance(30_000)
  await calls(100)
  assert.equal(heard.at(-1), 'aborted failures v2')
  await clock.until(net.close())
})

test('calls that name their version, and repeated attempts, are not compared', async () => {
  const { clock, net, calls, splitNow } = world(
    { by: 'version', weights: { v1: 50, v2: 50 }, abort: {} },
    {
      fails: ({ attempt: { number } }, version) => version === 'v2' && number > 1,
      configure: (s) => s.circuitBreaker(false).ejection(false),
    },
  )
  await calls(30, () => ({ mesh: { subset: { version: 'v2' } } }))
  assert.deepEqual(splitNow().versions.v2?.window, { calls: 0, failures: 0 })
  await calls(30)
  const { window: one } = splitNow().versions.v1 ?? {}
  const { window: two } = splitNow().versions.v2 ?? {}
  assert.equal((one?.calls ?? 0) + (two?.calls ?? 0), 30)
  await clock.until(net.close())
})

test('a split may be given up by hand', async () => {
  const { net, calls, heard, splitNow } = world({ by: 'version', weights: { v1: 50, v2: 50 } })
  const { split } = net.service('orders')
  assert.equal(split.state, 'steady')
  split.abort()
  split.abort()
  assert.deepEqual(await calls(20), { v1: 20 })
  assert.deepEqual(
    { ...splitNow().aborted, at: 0 },
    { reason: 'by-hand', version: undefined, at: 0, shares: { v2: 0.5, v1: 0.5 }, figures: undefined },
  )
  split.resume()
  assert.equal(Object.keys(await calls(40)).length, 2)
  assert.deepEqual(heard, ['aborted by-hand undefined', 'resumed 0'])
  await net.close()
  assert.throws(() => split.abort(), /closed/)
})

test('a service without a split says so', async () => {
  const net = mesh({ transport: scriptedTransport(() => ({ body: 'ok' })) })
    .service('orders', (s) => s.resolve(fixed(['http://a:1'])))
    .build()
  const { split } = net.service('orders')
  assert.equal(split.state, undefined)
  assert.throws(() => split.abort(), /split\.abort: expected a service with \.split\(\.\.\.\), got orders, which has none/)
  assert.throws(() => split.resume(), TypeError)
  await net.close()
})

test('a ramp goes on over a new plan that leaves the split as it was, and another split begins anew', async () => {
  const ramp = {
    to: { v2: 100 },
    steps: [
      { after: '1m', share: 0.5 },
      { after: '1m', share: 1 },
    ],
  } as const
  const { clock, net, heard, splitNow } = world({ by: 'version', weights: { v1: 100, v2: 0 }, ramp })
  await clock.advance(90_000)
  const { orders } = net.plan.services
  assert.ok(orders)
  net.apply({ ...net.plan, services: { orders: { ...orders, deadline: '3s' } } })
  assert.equal(splitNow().progress, 0.5)
  assert.equal(splitNow().nextStepInMs, 30_000)
  net.apply({ ...net.plan, services: { orders: { ...orders, split: { by: 'version', weights: { v1: 80, v2: 20 }, ramp } } } })
  assert.equal(splitNow().progress, 0)
  assert.equal(splitNow().nextStepInMs, 60_000)
  heard.length = 0
  net.apply({ ...net.plan, services: { orders: { ...orders, split: false } } })
  assert.equal(net.snapshot().services.orders?.split, undefined)
  await clock.advance(600_000)
  assert.deepEqual(heard, [])
  await clock.until(net.close())
})

test('a finished plan is a plan again, and says the same', async () => {
  const { net } = world({
    by: 'version',
    weights: { v1: 0.95, v2: 0.05 },
    stickyBy: [{ header: 'x-user-id' }, { cookie: 'session' }],
    ramp: { to: { v2: 1 }, over: '1h', startAt: '2026-11-21T09:00:00Z' },
    abort: { latency: {} },
  })
  const { orders } = net.plan.services
  const events: MeshEvents['plan-applied'][] = []
  net.on('plan-applied', (event) => events.push(event))
  net.apply(net.plan)
  assert.deepEqual(net.plan.services.orders, orders)
  assert.deepEqual(events, [{ added: [], removed: [], changed: [] }])
  assert.deepEqual(orders?.split, {
    by: 'version',
    weights: { v1: 0.95, v2: 0.05 },
    stable: 'v1',
    stickyBy: [{ header: 'x-user-id' }, { cookie: 'session' }],
    ramp: { to: { v2: 1 }, over: 3_600_000, startAt: '2026-11-21T09:00:00Z' },
    abort: { margin: 0.02, minCalls: 20, window: 60_000, confidence: 0.9999, latency: { quantile: 0.95, factor: 1.5 } },
  })
  await net.close()
})
