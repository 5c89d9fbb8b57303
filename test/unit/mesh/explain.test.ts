import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  affinity,
  type BalancerPart,
  type EndpointSpec,
  fixed,
  inFlight,
  type MeshOptions,
  maglev,
  mesh,
  type Policy,
  powerOfTwo,
  primaryBackup,
  printExplanation,
  random,
  rendezvous,
  ringHash,
  roundRobin,
  type ServiceDraft,
  weightedRandom,
} from '../../../src/index.ts'
import { type AnswerFunction, fakeClock, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'

const one = 'http://10.0.0.1:8080'
const two = 'http://10.0.0.2:8080'
const three = 'http://10.0.0.3:8080'

interface Options {
  readonly answer?: AnswerFunction
  readonly endpoints?: readonly (string | EndpointSpec)[]
  readonly balancer?: BalancerPart
  /** Further slots. */
  readonly slots?: (s: ServiceDraft) => unknown
  readonly options?: MeshOptions
}

/** A service in virtual time whose endpoints are known. */
async function world({
  answer = () => ({ body: 'ok' }),
  endpoints = [one, two],
  balancer = roundRobin(),
  slots = (s) => s,
  options,
}: Options = {}) {
  const clock = fakeClock()
  const transport = scriptedTransport(answer)
  const net = mesh({ clock, transport, random: seededRandom('explain'), ...options })
    .service('orders', (s) =>
      s
        .apply(slots as (s: ServiceDraft) => ServiceDraft)
        .resolve(fixed(endpoints))
        .balance(balancer),
    )
    .build()
  await clock.settle()
  const get = (path = '/') => clock.until(net.fetch(`http://orders${path}`))
  const chances = () => Object.fromEntries(net.explain('http://orders/').endpoints.map(({ address, chance }) => [address, chance]))
  return { clock, transport, net, get, chances }
}

test('a call to a service tells who would carry it, until when, and where it could go', async () => {
  const { net } = await world({ slots: (s) => s.deadline('2s').alias('orders.shop.svc') })
  const explained = net.explain('http://orders.shop.svc/v1/42?token=x', { method: 'POST', mesh: { retry: false } })
  assert.equal(explained.outcome, 'sent')
  assert.equal(explained.by, 'service')
  assert.equal(explained.service, 'orders')
  assert.deepEqual(explained.matched, { kind: 'alias', host: 'orders.shop.svc' })
  assert.equal(explained.path, '/v1/42?token=REDACTED')
  assert.deepEqual(explained.deadline, { ms: 2_000, from: 'service' })
  assert.equal(explained.idempotent, false)
  assert.equal(explained.repeatable, false)
  assert.equal(explained.endpoints.length, 2)
  assert.deepEqual(explained.matched && net.explain('http://orders/').matched, { kind: 'name', host: 'orders' })
  assert.deepEqual(net.explain('http://orders/', { mesh: { deadline: '300ms' } }).deadline, { ms: 300, from: 'call' })
})

test('a Request is taken as fetch takes it, and its body stays unread', async () => {
  const { net } = await world()
  const request = new Request('http://orders/x', { method: 'PUT', body: 'x', headers: { a: 'b' } })
  const explained = net.explain(request)
  assert.equal(explained.method, 'PUT')
  assert.equal(explained.idempotent, true)
  assert.equal(request.bodyUsed, false)
})

test('a host that no service declares goes straight out, or is refused, and nothing is opened for it', async () => {
  const open = await world()
  assert.equal(open.net.explain('http://elsewhere:81/').by, 'passthrough')
  assert.equal(open.net.explain('http://elsewhere:81/').outcome, 'sent')
  assert.equal(open.net.snapshot().passthrough.origins, 0)
  const strict = await world({ options: { outbound: 'registered-only' } })
  const refused = strict.net.explain('http://elsewhere/')
  assert.deepEqual([refused.outcome, refused.code, refused.by], ['refused', 'UNKNOWN_SERVICE', 'nobody'])
})

test('a closed mesh refuses everything', async () => {
  const { net, clock } = await world()
  await clock.until(net.close())
  assert.equal(net.explain('http://orders/').code, 'CLOSED')
})

test('what fetch would not take is refused as fetch does', async () => {
  const { net } = await world()
  assert.throws(() => net.explain('not a url'), TypeError)
  assert.throws(() => net.explain(null as never), /Failed to parse URL from null/)
  assert.throws(() => net.explain('http://orders/', { mesh: { deadlines: 1 } as never }), /deadlines/)
})

test('chances follow the balancer', async () => {
  const three3 = [one, two, three]
  const third = (chances: Record<string, number | undefined>) =>
    Object.values(chances).map((chance) => Math.round((chance ?? -1) * 1_000) / 1_000)
  assert.deepEqual(third(await (await world({ endpoints: three3, balancer: random() })).chances()), [0.333, 0.333, 0.333])
  assert.deepEqual(third(await (await world({ endpoints: three3 })).chances()), [0.333, 0.333, 0.333])
  assert.deepEqual((await world({ endpoints: [one, { url: two, weight: 3 }], balancer: weightedRandom() })).chances(), {
    [two]: 0.75,
    [one]: 0.25,
  })
  assert.deepEqual((await world({ balancer: primaryBackup() })).chances(), { [one]: 1, [two]: 0 })
  assert.deepEqual((await world({ balancer: ringHash({ hashOn: 'path' }) })).chances(), { [one]: undefined, [two]: undefined })
  assert.deepEqual((await world({ balancer: rendezvous({ hashOn: { header: 'x-user' } }) })).chances(), { [one]: 0.5, [two]: 0.5 })
  assert.deepEqual((await world({ endpoints: [one], balancer: ringHash({ hashOn: 'path' }) })).chances(), { [one]: 1 })
})

test('a balancer that hashes tells where the key of a call leads, as soon as it has its table', async () => {
  const endpoints = [1, 2, 3, 4, 5].map((n) => `http://10.0.0.${n}:80`)
  for (const balancer of [ringHash({ hashOn: 'path' }), maglev({ hashOn: 'path' }), rendezvous({ hashOn: 'path' })]) {
    const { net, get, transport } = await world({ endpoints, balancer })
    await get('/first')
    for (const path of ['/a', '/b', '/c', '/d', '/e']) {
      const [likeliest] = net.explain(`http://orders${path}`).endpoints
      assert.equal(likeliest?.chance, 1)
      await get(path)
      assert.equal(transport.attempts.at(-1)?.endpoint.address, likeliest?.address)
    }
  }
})

test('of two by chance the less loaded wins: chances by rank, ties halved', async () => {
  const { net, clock, chances } = await world({ endpoints: [one, two, three], balancer: powerOfTwo(inFlight()), answer: () => 'hang' })
  assert.deepEqual(
    Object.values(chances()).map((chance) => Math.round((chance ?? 0) * 100)),
    [33, 33, 33],
  )
  const hanging = net.fetch('http://orders/').catch(() => {})
  await clock.settle()
  const explained = net.explain('http://orders/')
  const busy = explained.endpoints.find(({ inFlight: count }) => count === 1)
  assert.equal(busy?.chance, 0)
  assert.equal(busy?.load, 1)
  assert.deepEqual(
    explained.endpoints.map(({ chance }) => chance),
    [0.5, 0.5, 0],
  )
  await clock.until(Promise.all([net.close({ grace: 0 }), hanging]))
})

test('an endpoint that is out, or in another tier, or without the labels, has no chance and a reason', async () => {
  const { net } = await world({
    endpoints: [
      { url: one, labels: { version: 'v1' } },
      { url: two, labels: { version: 'v2' } },
      { url: three, labels: { version: 'v2' }, priority: 1 },
      { url: 'http://10.0.0.4:80', labels: { version: 'v2' } },
      { url: 'http://10.0.0.5:80', labels: { version: 'v2' } },
      { url: 'http://10.0.0.6:80', labels: { version: 'v2' } },
    ],
    slots: (s) => s.subset('version', ['v1', 'v2']),
  })
  net.service('orders').eject('http://10.0.0.4:80', '10s')
  const explained = net.explain('http://orders/', { mesh: { subset: { version: 'v2' } } })
  const of = (address: string) => {
    const { chance, reason, eligible } = explained.endpoints.find((each) => each.address === address) ?? {}
    return { chance, reason, eligible }
  }
  assert.deepEqual(of(one), { chance: 0, reason: 'subset', eligible: false })
  assert.deepEqual(of(three)?.reason, 'priority')
  assert.deepEqual(of('http://10.0.0.4:80'), { chance: 0, reason: 'ejected', eligible: false })
  assert.equal(of(two).reason, undefined)
  assert.deepEqual(explained.subset, { labels: { version: 'v2' }, matching: 5, fellBack: false })
  assert.equal(explained.tiers.length, 2)
  const sum = explained.endpoints.reduce((total, { chance }) => total + (chance ?? 0), 0)
  assert.ok(Math.abs(sum - 1) < 1e-9)
})

test('each policy says what it would do, in the order in which a call meets them', async () => {
  const mine: Policy = { name: 'mine', scope: 'call', layer: () => (next) => next }
  const { net } = await world({
    slots: (s) =>
      s
        .use(mine)
        .rateLimit({ permits: 2, per: '1s', burst: 2 })
        .admission({})
        .concurrency({ limit: 4 })
        .circuitBreaker({ service: {} })
        .hedge({ after: '50ms' }),
  })
  const { policies } = net.explain('http://orders/')
  assert.deepEqual(
    policies.map(({ name, does }) => [name, does]),
    [
      ['deadline', 'passes'],
      ['mine', 'sees'],
      ['rate limit', 'passes'],
      ['admission', 'passes'],
      ['concurrency limit', 'passes'],
      ['circuit', 'passes'],
      ['retry', 'sees'],
      ['hedge', 'sees'],
    ],
  )
})

test('what would refuse a call, or make it wait, is said with the code', async () => {
  const limited = await world({ slots: (s) => s.rateLimit({ permits: 1, per: '1s', burst: 1 }) })
  await limited.get()
  assert.deepEqual([limited.net.explain('http://orders/').outcome, limited.net.explain('http://orders/').code], ['refused', 'RATE_LIMITED'])
  await limited.clock.advance(1_000)
  assert.equal(limited.net.explain('http://orders/').outcome, 'sent')

  const queued = await world({ slots: (s) => s.rateLimit({ permits: 1, per: '1s', burst: 1, overflow: 'queue' }) })
  await queued.get()
  assert.match(queued.net.explain('http://orders/').because ?? '', /^rate limit: 0 permits left/)
  assert.equal(queued.net.explain('http://orders/').outcome, 'waits')

  const open = await world()
  open.net.service('orders').circuit.force('open')
  assert.deepEqual([open.net.explain('http://orders/').outcome, open.net.explain('http://orders/').code], ['refused', 'CIRCUIT_OPEN'])

  const full = await world({ answer: () => 'hang', slots: (s) => s.concurrency({ limit: 1, queue: 0 }) })
  const hanging = full.net.fetch('http://orders/').catch(() => {})
  await full.clock.settle()
  assert.deepEqual([full.net.explain('http://orders/').outcome, full.net.explain('http://orders/').code], ['refused', 'OVERLOADED'])
  await full.clock.until(Promise.all([full.net.close({ grace: 0 }), hanging]))

  const v1 = { mesh: { subset: { version: 'v1' } } }
  const nobody = await world({ slots: (s) => s.subset('version', ['v1']) })
  assert.deepEqual(
    [nobody.net.explain('http://orders/', v1).outcome, nobody.net.explain('http://orders/', v1).code],
    ['refused', 'NO_ENDPOINT'],
  )
})

test('before the resolver has answered a call would wait', () => {
  const net = mesh({ clock: fakeClock(), transport: scriptedTransport('hang') })
    .service('orders', (s) => s.resolve(fixed([one])))
    .build()
  assert.deepEqual(
    [net.explain('http://orders/').outcome, net.explain('http://orders/').because],
    ['waits', 'discovery: the resolver has not answered yet'],
  )
})

test('an explanation prints with the likeliest endpoint first', async () => {
  const { net } = await world({ balancer: primaryBackup(), slots: (s) => s.deadline('2s') })
  net.service('orders').eject(one, '10s')
  const text = printExplanation(net.explain('http://orders/v1/42'))
  assert.match(text, /^GET \/v1\/42 to orders: sent$/m)
  assert.match(text, /^ {2}deadline: passes, 2000 ms, of the service$/m)
  assert.match(text, /^ {2}primary-backup chooses among 1 of 2:$/m)
  assert.match(text, /^ {4}100% http:\/\/10\.0\.0\.2:8080, 0 in flight$/m)
  assert.match(text, /^ {6}0% http:\/\/10\.0\.0\.1:8080, 0 in flight, unhealthy: ejected \(by hand, for 10000 ms more\)$/m)
})

test('a call that is held to an endpoint goes there, also to a degraded one, or one of another tier', async () => {
  const held = (address: string) => ({ headers: { 'x-at': Buffer.from(address).toString('base64') } })
  const balancer = affinity(weightedRandom(), { header: 'x-at' })
  const four = 'http://10.0.0.4:8080'
  const { net } = await world({ endpoints: [{ url: one, weight: 2 }, { url: two, health: 'degraded' }, three, four], balancer })
  const chances = (init?: RequestInit, of = net) =>
    Object.fromEntries(of.explain('http://orders/', init).endpoints.map(({ address, chance }) => [address, chance]))
  assert.deepEqual(chances(), { [one]: 0.5, [two]: 0, [three]: 0.25, [four]: 0.25 })
  assert.deepEqual(chances(held('10.0.0.2:8080')), { [one]: 0, [two]: 1, [three]: 0, [four]: 0 })
  assert.deepEqual(chances(held('10.0.0.3:8080')), { [one]: 0, [two]: 0, [three]: 1, [four]: 0 })
  assert.deepEqual(chances(held('10.9.9.9:8080')), { [one]: 0.5, [two]: 0, [three]: 0.25, [four]: 0.25 }, 'who is gone holds nobody')

  // Of two tiers that both get calls, a held call goes to its own, and any other to each by its part.
  const ill = (url: string) => ({ url, health: 'unhealthy' as const })
  const tiers = await world({ endpoints: [one, ill(two), { url: three, priority: 1 }], balancer })
  assert.deepEqual(chances(held('10.0.0.3:8080'), tiers.net), { [three]: 1, [one]: 0, [two]: 0 })
  const anywhere = chances(undefined, tiers.net)
  assert.equal(anywhere[two], 0)
  assert.equal(anywhere[one]! + anywhere[three]!, 1)
  assert.equal(anywhere[one]! > 0.5 && anywhere[three]! > 0.2, true)
})
