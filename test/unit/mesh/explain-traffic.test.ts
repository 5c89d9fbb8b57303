import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type CallOptions,
  type DecisionRecord,
  fixed,
  mesh,
  meshInfo,
  part,
  printExplanation,
  printRecord,
  type QuotaSource,
  roundRobin,
  type ServiceDraft,
} from '../../../src/index.ts'
import { fakeClock, type ScriptedAttempt, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'

const endpoints = ['v1', 'v2'].flatMap((version) => [1, 2].map((i) => ({ url: `http://${version}-${i}:80`, labels: { version } })))

/** A service in two versions, and one that gets copies, in virtual time. */
async function world(slots: (s: ServiceDraft) => unknown, status: (attempt: ScriptedAttempt) => number = () => 200, production = false) {
  const clock = fakeClock()
  const transport = scriptedTransport((attempt) => ({ status: status(attempt), body: 'ok' }))
  const net = mesh({ clock, transport, production, random: seededRandom('explain traffic') })
    .service('orders', (s) => (slots(s) as ServiceDraft).resolve(fixed(endpoints)).balance(roundRobin()))
    .service('shadow', (s) => s.resolve(fixed(['http://shadow:80'])))
    .build()
  await clock.settle()
  const explain = (path = '/', init: RequestInit & { mesh?: CallOptions } = {}) => net.explain(`http://orders${path}`, init)
  const told = (path = '/', init: RequestInit & { mesh?: CallOptions } = {}) =>
    Object.fromEntries(
      explain(path, init).policies.map(({ name, does, detail, route }) => [
        name,
        `${does} ${detail}${route === undefined ? '' : ` of ${route}`}`,
      ]),
    )
  const call = (path: string, init: RequestInit = {}) => clock.until(net.fetch(`http://orders${path}`, init))
  /** The record of a call. */
  const recordOf = async (path: string, init: RequestInit = {}): Promise<DecisionRecord> => {
    const reply = await call(path, init)
    await clock.until(reply.text())
    return meshInfo(reply) ?? assert.fail('no record')
  }
  return { clock, net, transport, explain, told, call, recordOf }
}

test('an explanation names the route, what it has of its own in the words of the policies, and the path that endpoints see', async () => {
  const { net, explain, told } = await world((s) =>
    s
      .deadline('5s')
      .subset('version', ['v1', 'v2'])
      .rateLimit({ permits: 10 })
      .use({ name: 'mine', scope: 'call', layer: () => (next) => next })
      .route({
        name: 'one order',
        match: { path: { pattern: '/api/orders/:id' } },
        rewrite: { path: '/orders/:id' },
        subset: { version: 'v2' },
        deadline: '1s',
        attemptTimeout: '200ms',
        rateLimit: false,
        concurrency: { limit: 3 },
        circuitBreaker: { failureShare: 0.5 },
        use: [{ name: 'its own', scope: 'attempt', layer: () => (next) => next }],
      }),
  )
  const found = explain('/api/orders/42?token=secret')
  assert.equal(found.route, 'one order')
  assert.deepEqual(found.routes, [
    {
      name: 'one order',
      chance: 1,
      path: '/orders/42?token=REDACTED',
      own: ['deadline', 'attemptTimeout', 'rateLimit', 'concurrency', 'circuitBreaker', 'use'],
    },
  ])
  assert.deepEqual(found.deadline, { ms: 1_000, from: 'route' })
  assert.deepEqual(found.subset, { labels: { version: 'v2' }, matching: 2, fellBack: false })
  const policies = told('/api/orders/42')
  assert.equal(policies.deadline, 'passes 1000 ms of one order')
  assert.equal(policies['rate limit'], 'sees off of one order')
  assert.equal(policies['concurrency limit'], 'passes 0 of 3 permits taken, 0 calls wait of one order')
  assert.match(policies.circuit ?? '', /^passes closed: 0 of 0 calls failed of one order$/)
  assert.match(policies.retry ?? '', /^sees up to 3 attempts of 200 ms, idempotent, .* of one order$/)
  assert.deepEqual(
    [policies.mine, policies['its own']],
    ['sees a policy of yours, for each call', 'sees a policy of yours, for each attempt of one order'],
  )
  assert.equal(explain('/api/orders/42', { mesh: { deadline: '3s' } }).deadline.from, 'call')
  const other = explain('/health')
  assert.deepEqual(
    [other.route, other.routes, other.deadline.from],
    [undefined, [{ name: undefined, chance: 1, path: '/health', own: [] }], 'service'],
  )
  assert.match(told('/health')['rate limit'] ?? '', /^passes 10 permits left/)
  assert.match(printExplanation(found), /\n {2}route one order, as \/orders\/42\?token=REDACTED, with its own deadline, attemptTimeout/)
  assert.match(printExplanation(found), /\n {2}rate limit: off, of the route\n/)
  await net.close()
})

test('routes that match by share are told with their chances, and nothing is drawn', async () => {
  const { net, explain, transport } = await world((s) =>
    s.route({ name: 'a tenth', match: { share: 0.1 } }).route({ name: 'half of the rest', match: { path: '/x', share: 0.5 } }),
  )
  const chances = (path: string) => explain(path).routes.map(({ name, chance }) => [name, Math.round(chance * 1_000)])
  assert.deepEqual(chances('/x'), [
    ['a tenth', 100],
    ['half of the rest', 450],
    [undefined, 450],
  ])
  assert.deepEqual(chances('/y'), [
    ['a tenth', 100],
    [undefined, 900],
  ])
  assert.equal(explain('/x').route, 'half of the rest')
  assert.equal(explain('/y').route, undefined)
  for (let i = 0; i < 50; i += 1) assert.deepEqual(explain('/x'), explain('/x'))
  assert.equal(transport.attempts.length, 0)
  assert.equal(net.snapshot().services.orders?.routes['a tenth']?.calls.started, 0)
  await net.close()
})

test('a split is told with the chance of each version, which those of the endpoints follow', async () => {
  const { net, explain } = await world((s) =>
    s.subset('version', ['v1', 'v2']).split({ by: 'version', weights: { v1: 90, v2: 10 }, stickyBy: { header: 'x-user' } }),
  )
  const found = explain()
  const versions = { v2: { share: 0.1, servedBy: 'v2' }, v1: { share: 0.9, servedBy: 'v1' } }
  assert.deepEqual(found.split, { by: 'version', state: 'steady', sticky: undefined, versions })
  const chanceOf = (address: string, from = found) =>
    Math.round((from.endpoints.find((one) => one.address === address)?.chance ?? -1) * 1_000)
  assert.deepEqual([chanceOf('http://v1-1:80'), chanceOf('http://v1-2:80'), chanceOf('http://v2-1:80')], [450, 450, 50])
  const kept = explain('/', { headers: { 'x-user': 'ada' } })
  assert.ok(kept.split?.sticky)
  assert.equal(kept.endpoints.filter(({ reason }) => reason === 'subset').length, 2)
  assert.equal(explain('/', { mesh: { subset: { version: 'v2' } } }).split, undefined)
  for (const address of ['http://v2-1:80', 'http://v2-2:80']) net.service('orders').eject(address)
  net.service('orders').eject('http://v1-1:80')
  assert.deepEqual(explain().split?.versions.v2, { share: 0.1, servedBy: 'v1' })
  assert.match(printExplanation(explain()), /\n {2}split by version, steady: v2 10 of 100 \(by v1\), v1 90 of 100\n/)
  net.service('orders').split.abort()
  assert.deepEqual([explain().split?.state, explain().split?.versions.v1?.share], ['aborted', 1])
  await net.close()
})

test('the chances that a split tells are those that calls find', async () => {
  const { net, explain, call, transport } = await world((s) => s.split({ by: 'version', weights: { v1: 70, v2: 30 } }))
  const chances = new Map(explain().endpoints.map(({ address, chance }) => [address, chance ?? -1]))
  for (let i = 0; i < 1_000; i += 1) await (await call('/')).text()
  for (const [address, chance] of chances) {
    const share = transport.attempts.filter(({ endpoint }) => endpoint.address === address).length / 1_000
    assert.ok(Math.abs(share - chance) < 0.05, `${address}: ${share} and ${chance}`)
  }
  await net.close()
})

test('a mirror and faults say what they would do with a call, and of whom they are', async () => {
  const { net, told, call } = await world((s) =>
    s
      .mirror({ to: 'shadow', share: 0.1 })
      .fault({ delay: { share: 0.2, time: '1s' }, match: { path: '/v1/', endpoints: ['http://v1-1:80'] }, header: true, enabled: false })
      .route({ name: 'safe', match: { path: '/safe' }, mirror: false, fault: false })
      .route({ name: 'all', match: { path: '/all' }, mirror: { to: 'shadow' }, fault: { abort: { share: 0.5, error: 'reset' } } }),
  )
  assert.deepEqual([told().mirror, told().faults], ['sees copied to shadow with a chance of 0.1', 'sees off'])
  net.service('orders').fault.enable()
  assert.equal(told().faults, 'sees on, but not for this call')
  assert.equal(told('/v1/x').faults, 'sees on: delay with a chance of 0.2, only at http://v1-1:80')
  assert.equal(told('/v1/x', { headers: { 'x-proxyless-fault': 'abort=503' } }).faults, 'sees asked for by its header: abort=503')
  assert.deepEqual([told('/safe').mirror, told('/safe').faults], ['sees off of safe', 'sees off of safe'])
  assert.deepEqual(
    [told('/all').mirror, told('/all').faults],
    ['sees copied to shadow of all', 'sees on: abort with a chance of 0.5 of all'],
  )
  assert.equal(told('/', { headers: { 'x-mirrored': '1' } }).mirror, 'sees not copied to shadow: it is a copy itself')
  await call('/safe')
  await net.close()
  const production = await world((s) => s.fault({ abort: { share: 1, status: 503 } }), undefined, true)
  assert.equal(production.told().faults, 'sees off: not allowed in production')
  await production.net.close()
})

test('a quota is told with what is leased of it, and with its outage', async () => {
  let fails = false
  const source: QuotaSource = {
    name: 'partner',
    outage: { policy: 'refuse', processes: 1 },
    lease: async (_terms, wanted) => {
      if (fails) throw new Error('out of reach')
      return { granted: wanted, processes: 4, againMs: 1_000 }
    },
    giveBack: async () => {},
    close: async () => {},
  }
  const quota = part<QuotaSource>('partner', {}, () => source)
  const { net, told, call, clock } = await world((s) => s.rateLimit({ permits: 100, per: '1s', quota }))
  assert.equal(
    told()['rate limit'],
    'waits 0 permits left, 0 calls wait, 0 of them leased from a quota that this process has alone, it costs 1',
  )
  for (let i = 0; i < 3; i += 1) await (await call('/')).text()
  assert.match(told()['rate limit'] ?? '', /leased from a quota that 4 processes share/)
  fails = true
  await clock.advance(5_000)
  await call('/').catch(() => {})
  assert.match(told()['rate limit'] ?? '', /^refuses .* their quota is out of reach, it costs 1$/)
  await net.close()
})

test('a record tells the route, its deadline, and the version that took the call', async () => {
  const { net, recordOf } = await world((s) =>
    s
      .deadline('5s')
      .subset('version', ['v1', 'v2'])
      .split({ by: 'version', weights: { v1: 0, v2: 100 }, stable: 'v1' })
      .route({ name: 'quick', match: { path: '/quick' }, deadline: '1s', subset: { version: 'v1' }, retry: false }),
  )
  const divided = await recordOf('/x')
  assert.deepEqual(
    [divided.route, divided.version, divided.deadline.ms],
    [undefined, { by: 'version', name: 'v2', insteadOf: undefined }, 5_000],
  )
  assert.deepEqual(divided.passedOverCounts, { subset: 2, 'not-picked': 1 })
  const quick = await recordOf('/quick')
  assert.deepEqual([quick.route, quick.version, quick.subset, quick.deadline.ms], ['quick', undefined, { version: 'v1' }, 1_000])
  for (const address of ['http://v2-1:80', 'http://v2-2:80']) net.service('orders').eject(address)
  net.service('orders').eject('http://v1-1:80')
  const stoodIn = await recordOf('/x')
  assert.deepEqual(stoodIn.version, { by: 'version', name: 'v1', insteadOf: 'v2' })
  assert.match(printRecord(stoodIn), /\n {2}version v1, in place of v2, which had nobody for it\n/)
  await net.close()
})

test('a record marks the attempts that got injected faults', async () => {
  const { net, recordOf } = await world((s) =>
    s.route({
      name: 'spoiled',
      match: { path: '/spoiled' },
      fault: { abort: { share: 1, status: 503 }, match: { endpoints: ['http://v1-1:80'] } },
    }),
  )
  const record = await recordOf('/spoiled')
  const marks = record.attempts.map(({ endpoint, injected }) => [endpoint, injected])
  assert.deepEqual(marks, [
    ['http://v1-1:80', ['abort 503']],
    [record.endpoint, []],
  ])
  assert.match(printRecord(record), /\n {7}injected: abort 503\n/)
  assert.deepEqual((await recordOf('/plain')).attempts[0]?.injected, [])
  await net.close()
})
