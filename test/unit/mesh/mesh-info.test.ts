import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import {
  type DecisionRecord,
  type EndpointSpec,
  fixed,
  type Mesh,
  type MeshOptions,
  mesh,
  meshInfo,
  primaryBackup,
  printRecord,
  roundRobin,
  type ServiceDraft,
} from '../../../src/index.ts'
import { type AnswerFunction, fakeClock, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'

const one = 'http://10.0.0.1:8080'
const two = 'http://10.0.0.2:8080'
const three = 'http://10.0.0.3:8080'

interface Options {
  readonly answer?: AnswerFunction
  readonly endpoints?: readonly (string | EndpointSpec)[]
  /** Further slots. */
  readonly slots?: (s: ServiceDraft) => unknown
  readonly options?: MeshOptions
}

/** A service in virtual time. The first endpoint is the one that is picked, until it was tried or is left out. */
function world({ answer = () => ({ body: 'ok' }), endpoints = [one, two], slots = (s) => s, options }: Options = {}) {
  const clock = fakeClock()
  const transport = scriptedTransport(answer)
  const net = mesh({ clock, transport, random: seededRandom('info'), ...options })
    .service('orders', (s) =>
      s
        .apply(slots as (s: ServiceDraft) => ServiceDraft)
        .resolve(fixed(endpoints))
        .balance(primaryBackup()),
    )
    .build()
  const get = (path = '/', init?: Parameters<Mesh['fetch']>[1]) => clock.until(net.fetch(`http://orders${path}`, init))
  const failing = (path = '/', init?: Parameters<Mesh['fetch']>[1]) =>
    clock.until(
      net.fetch(`http://orders${path}`, init).then(
        () => assert.fail('the call should have failed'),
        (error: unknown) => error,
      ),
    )
  return { clock, transport, net, get, failing }
}

/** The record of something that has one. */
function infoOf(thing: unknown): DecisionRecord {
  const info = meshInfo(thing)
  assert.ok(info !== undefined, `no record for ${inspect(thing)}`)
  return info
}

/** What is said of an endpoint that was passed over. */
function against(info: DecisionRecord, endpoint: string): string {
  const found = info.passedOver.find((each) => each.endpoint === endpoint)
  return found === undefined ? 'nothing' : `${found.reason}${found.detail === undefined ? '' : `: ${found.detail}`}`
}

test('a call that was repeated tells its attempts, its back-off and where its time went', async () => {
  let calls = 0
  const { get } = world({
    answer: () => (++calls === 1 ? { status: 503, latencyMs: 30 } : { body: ['x'], latencyMs: 20, pieceMs: 5 }),
    slots: (s) => s.deadline('1s'),
  })
  const response = await get('/v1/42?token=abc&x=1', { mesh: { idempotent: true } })
  const info = infoOf(response)
  assert.equal(info.service, 'orders')
  assert.equal(info.method, 'GET')
  assert.equal(info.path, '/v1/42?token=REDACTED&x=1')
  assert.equal(info.result, 'succeeded')
  assert.equal(info.status, 200)
  assert.equal(info.endpoint, two)
  assert.deepEqual(
    info.attempts.map(({ number, endpoint, tookMs, result, verdict, decided, hedge }) => ({
      number,
      endpoint,
      tookMs,
      result,
      verdict,
      decided,
      hedge,
    })),
    [
      { number: 1, endpoint: one, tookMs: 30, result: 503, verdict: 'failure', decided: false, hedge: false },
      { number: 2, endpoint: two, tookMs: 20, result: 200, verdict: 'success', decided: true, hedge: false },
    ],
  )
  const waitMs = info.attempts[0]?.repeated?.waitMs ?? 0
  assert.equal(info.attempts[0]?.repeated?.how, 'retry')
  assert.equal(info.attempts[1]?.startMs, 30 + waitMs)
  assert.deepEqual(info.waits, [{ for: 'the next attempt', ms: waitMs }])
  assert.equal(info.time.backoffMs, waitMs)
  assert.equal(info.time.headersMs, 50)
  assert.equal(info.deadline.ms, 1_000)
  assert.equal(info.notRepeated, undefined)
  assert.equal(against(info, one), 'tried')
  const { totalMs, ...parts } = info.time
  assert.ok(Math.abs(Object.values(parts).reduce((sum, part) => sum + part) - totalMs) < 1e-9)
})

test('the time of a body is told when it is over', async () => {
  const { get, clock } = world({ answer: () => ({ body: ['a', 'b'], latencyMs: 10, pieceMs: 25 }) })
  const response = await get()
  await clock.until(response.text())
  await clock.advance(1_000)
  const info = infoOf(response)
  assert.equal(info.attempts[0]?.bodyMs, 50)
  assert.equal(info.time.bodyMs, 50)
  assert.equal(info.time.totalMs, 60)
})

test('a clone has the record of its original', async () => {
  const { get } = world()
  const response = await get('/x')
  const copy = response.clone()
  assert.equal(infoOf(copy).path, '/x')
  assert.deepEqual(infoOf(copy), infoOf(response))
})

test('the result of net.request has a record, and so has its context', async () => {
  const { net, clock } = world()
  const result = await clock.until(net.request('http://orders/r', { method: 'POST', body: 'x' }))
  assert.equal(infoOf(result).method, 'POST')
  assert.equal(infoOf(result.context).path, '/r')
  assert.equal(infoOf({ ...result.context, history: [] }).path, '/r')
  assert.equal(inspect(result.context), 'CallTag {}')
  await result.body.text()
})

test('errors of every door have a record', async () => {
  const { failing, net, clock } = world({ answer: () => ({ error: 'CONNECTION_LOST', latencyMs: 5 }), slots: (s) => s.retry(false) })
  const fetched = infoOf(await failing('/a'))
  assert.equal(fetched.result, 'failed')
  assert.equal(fetched.error?.code, 'CONNECTION_LOST')
  assert.equal(fetched.error?.sent, true)
  assert.equal(fetched.notRepeated, 'off')
  assert.equal(fetched.time.totalMs, 5)
  const requested = await clock.until(net.request('http://orders/b').catch((error: unknown) => error))
  assert.equal(infoOf(requested).path, '/b')
})

test('a body that breaks after its head leaves a record on its error and in recent', async () => {
  const { get, clock, net } = world({
    answer: () => ({ body: ['a'], cut: { error: 'CONNECTION_LOST' }, pieceMs: 5 }),
    slots: (s) => s.retry(false),
  })
  const response = await get('/cut')
  const error = await clock.until(response.text().catch((reason: unknown) => reason))
  const info = infoOf(error)
  assert.equal(info.error?.code, 'CONNECTION_LOST')
  assert.equal(info.result, 'failed')
  assert.equal(infoOf(response).result, 'failed')
  assert.equal(net.recent().filter(({ kept }) => kept === 'failed').length, 1)
})

test('a deadline that passes while an attempt is under way shows that attempt', async () => {
  const { failing } = world({ answer: () => 'hang', slots: (s) => s.deadline('100ms').retry(false) })
  const info = infoOf(await failing())
  assert.equal(info.error?.code, 'DEADLINE_EXCEEDED')
  assert.equal(info.endpoint, one)
  assert.equal(info.attempts[0]?.verdict, 'underway')
  assert.equal(info.attempts[0]?.tookMs, 100)
  assert.equal(info.deadline.leftMs, 0)
})

test('hedges are told as such, and whoever lost as lost', async () => {
  const { get, clock } = world({
    answer: ({ endpoint }) => ({ body: 'x', latencyMs: endpoint.address === one ? 500 : 20 }),
    slots: (s) => s.hedge({ after: '50ms' }),
  })
  const response = await get()
  await clock.settle()
  const info = infoOf(response)
  assert.deepEqual(
    info.attempts.map(({ endpoint, startMs, verdict, hedge, decided }) => ({ endpoint, startMs, verdict, hedge, decided })),
    [
      { endpoint: one, startMs: 0, verdict: 'lost', hedge: false, decided: false },
      { endpoint: two, startMs: 50, verdict: 'success', hedge: true, decided: true },
    ],
  )
  assert.equal(info.time.headersMs, 70)
})

test('an endpoint that was ejected is passed over with the rule', async () => {
  const { get, net } = world()
  await get()
  net.service('orders').eject(one, '30s')
  const info = infoOf(await get())
  assert.equal(against(info, one), 'ejected: by hand, for 30000 ms more')
  assert.deepEqual(info.passedOverCounts, { ejected: 1 })
})

test('an endpoint whose circuit is open is passed over with the reason', async () => {
  const { get, net } = world()
  await get()
  net.service('orders').circuit.force('open', one)
  const info = infoOf(await get())
  assert.equal(against(info, one), 'circuit-open: open: forced')
  assert.deepEqual(info.state?.openCircuits, { [one]: 'open' })
})

test('an endpoint that drains, by discovery or by its own word, is passed over as draining', async () => {
  const { get } = world({
    endpoints: [{ url: one, health: 'draining' }, two, three],
    answer: ({ endpoint }) => ({ headers: endpoint.address === two ? { 'x-envoy-immediate-health-check-fail': '1' } : {} }),
  })
  await get()
  const info = infoOf(await get())
  assert.equal(against(info, one), 'draining: so discovery says')
  assert.equal(against(info, two), 'draining: it said so in a reply')
})

test('endpoints that discovery calls unhealthy or degraded are passed over as that', async () => {
  const { get } = world({
    endpoints: [
      { url: one, health: 'unhealthy' },
      { url: two, health: 'degraded' },
      three,
      'http://10.0.0.4:80',
      'http://10.0.0.5:80',
      'http://10.0.0.6:80',
    ],
    slots: (s) => s.failover({ overprovisioningFactor: 10 }),
  })
  const info = infoOf(await get())
  assert.equal(against(info, one), 'unhealthy: so discovery says')
  assert.match(against(info, two), /^degraded/)
  assert.equal(against(info, 'http://10.0.0.4:80'), 'not-picked')
})

test('labels, strict locality and priorities are told as reasons', async () => {
  const { get } = world({
    endpoints: [
      { url: one, labels: { version: 'v1' }, zone: 'a' },
      { url: two, labels: { version: 'v2' }, zone: 'a' },
      { url: three, labels: { version: 'v2' }, zone: 'a', priority: 1 },
      { url: 'http://10.0.0.4:80', labels: { version: 'v2' }, zone: 'b' },
    ],
    slots: (s) => s.subset('version', ['v1', 'v2']).locality({ zone: 'a', mode: 'strict' }),
  })
  const info = infoOf(await get('/', { mesh: { subset: { version: 'v2' } } }))
  assert.equal(info.endpoint, two)
  assert.equal(against(info, one), 'subset: version is v1, not v2')
  assert.equal(against(info, three), 'priority: priority 1 stands by')
  assert.equal(against(info, 'http://10.0.0.4:80'), 'place: in b')
  assert.deepEqual(info.subset, { version: 'v2' })
})

test('an endpoint without a permit left is passed over as full', async () => {
  const { net, get, clock } = world({
    answer: ({ endpoint }) => (endpoint.address === one ? 'hang' : { body: 'x' }),
    slots: (s) => s.concurrency({ endpoints: { limit: 1 } }),
  })
  const hanging = net.fetch('http://orders/').catch(() => {})
  await clock.settle()
  const info = infoOf(await get())
  assert.equal(against(info, one), 'full: 1 of 1 permits are taken')
  await clock.until(Promise.all([net.close({ grace: 0 }), hanging]))
})

test('in panic an unhealthy endpoint may be picked, and says so when it is not', async () => {
  const { get, net } = world()
  await get()
  for (const address of [one, two]) net.service('orders').eject(address, '30s')
  assert.equal(against(infoOf(await get()), two), 'not-picked: unhealthy, but so are too many others')
})

test('a call that the circuit of the service refused tells the circuit, and that nothing was sent', async () => {
  const { failing, net, transport } = world()
  net.service('orders').circuit.force('open')
  const info = infoOf(await failing())
  assert.equal(info.error?.code, 'CIRCUIT_OPEN')
  assert.equal(info.error?.sent, false)
  assert.equal(info.state?.circuit, 'open')
  assert.deepEqual(info.attempts, [])
  assert.equal(transport.begun, 0)
})

test('waiting for permits is told by what was waited for', async () => {
  const { get, clock, net } = world({ slots: (s) => s.rateLimit({ permits: 1, per: '1s', burst: 1, overflow: 'queue' }) })
  await get()
  const info = infoOf(await get())
  assert.deepEqual(
    info.waits.map(({ for: what, ms }) => [what, Math.round(ms)]),
    [['a permit of the rate limit', 1_000]],
  )
  assert.equal(Math.round(info.time.limitMs), 1_000)
  assert.ok(info.state?.rateLimit !== undefined)
  await clock.until(net.close())
})

test('why a failed attempt was not repeated is told for each reason', async () => {
  const bad: AnswerFunction = () => ({ status: 503 })
  const said = async (slots: (s: ServiceDraft) => unknown, init?: Parameters<Mesh['fetch']>[1]) =>
    infoOf(await world({ answer: bad, slots }).get('/', init)).notRepeated
  assert.equal(await said((s) => s.retry(false)), 'off')
  assert.equal(await said((s) => s, { mesh: { retry: false } }), 'caller-said-no')
  assert.equal(await said((s) => s, { method: 'POST', body: 'x' }), 'not-idempotent')
  assert.equal(await said((s) => s), 'attempts')
  assert.equal(await said((s) => s.retry({ enforce: 0 })), 'enforce')
  assert.equal(await said((s) => s.retry({ budget: { ratio: 0, perSecond: 0 } })), 'budget')
  assert.equal(await said((s) => s.classify(() => ({ kind: 'failure', retry: 'never' }))), 'verdict')
  assert.equal(await said((s) => s.retry({ backoff: { base: '2s', max: '2s' } }).deadline('1ms')), 'deadline')
})

test('a host that no service declares has a record without a service behind it', async () => {
  const { net, clock } = world()
  const info = infoOf(await clock.until(net.fetch('http://elsewhere/x')))
  assert.equal(info.service, 'elsewhere')
  assert.equal(info.state, undefined)
  assert.deepEqual(info.passedOver, [])
  assert.equal(info.attempts.length, 1)
})

test('there is no record for what is not of a mesh', async () => {
  assert.equal(meshInfo(new Response('x')), undefined)
  assert.equal(meshInfo(new Error('x')), undefined)
  assert.equal(meshInfo(undefined), undefined)
  assert.equal(meshInfo('text'), undefined)
  const { net } = world({ options: { outbound: 'registered-only' } })
  assert.equal(meshInfo(await net.fetch('http://nobody/').catch((error: unknown) => error)), undefined)
})

test('recent has the failed calls and the slowest ones, the newest first, as plain data without secrets', async () => {
  let status = 200
  const { get, net, clock } = world({ answer: () => ({ status, latencyMs: 10 }), slots: (s) => s.retry(false) })
  await get('/good')
  await clock.advance(10)
  status = 500
  await get('/bad?api_key=hunter2')
  const recent = net.recent()
  assert.deepEqual(
    recent.map(({ kept, path, result }) => [kept, path, result]),
    [
      ['failed', '/bad?api_key=REDACTED', 'failed'],
      ['slow', '/good', 'succeeded'],
    ],
  )
  assert.deepEqual(JSON.parse(JSON.stringify(recent)).length, 2)
  assert.deepEqual(structuredClone(recent), recent)
})

test('a caller that left is no failed call', async () => {
  const { net, clock } = world({ answer: () => 'hang', options: { records: { slowest: 0 } } })
  const leaving = new AbortController()
  const call = net.fetch('http://orders/', { signal: leaving.signal }).catch((error: unknown) => error)
  await clock.settle()
  leaving.abort()
  await call
  assert.deepEqual(net.recent(), [])
})

test('records outlive plans, and a service that left', async () => {
  const { get, net } = world({ answer: () => ({ status: 500 }), slots: (s) => s.retry(false) })
  await get('/before')
  const { orders } = net.plan.services
  assert.ok(orders)
  net.apply({ ...net.plan, services: { orders: { ...orders, balancer: roundRobin() } } })
  await get('/after')
  net.apply({ ...net.plan, services: {} })
  assert.deepEqual(
    net
      .recent()
      .map(({ path }) => path)
      .sort(),
    ['/after', '/before'],
  )
})

test('without records, recent is empty and meshInfo works', async () => {
  const { get, failing, net } = world({
    options: { records: false },
    answer: ({ attempt }) => (attempt.path === '/x' ? { status: 500 } : { error: 'BAD_REPLY' }),
    slots: (s) => s.retry(false),
  })
  assert.equal(infoOf(await get('/x')).result, 'failed')
  assert.equal(infoOf(await failing('/y')).error?.code, 'BAD_REPLY')
  assert.deepEqual(net.recent(), [])
})

test('options that make no sense are named', () => {
  const build = (records: unknown) => () => mesh({ records: records as never }).build()
  assert.throws(build({ keep: -1 }), /records\.keep: expected an integer in \[0, 100000\], got -1/)
  assert.throws(build({ sample: 2 }), /records\.sample: expected a number in \[0, 1\], got 2/)
  assert.throws(build({ perSecond: 0 }), /records\.perSecond: expected an integer/)
  assert.throws(build({ window: 'soon' }), /records\.window: expected a duration/)
  assert.throws(build({ slowst: 1 }), /records\.slowst: expected one of the options .*did you mean slowest/)
})

test('a record prints as a waterfall', async () => {
  let calls = 0
  const { get, net } = world({
    answer: () => (++calls === 1 ? { status: 503, latencyMs: 30 } : { body: 'x', latencyMs: 20 }),
    endpoints: [one, two, three],
  })
  await get('/warm', { method: 'POST' })
  net.service('orders').eject(three, '30s')
  calls = 0
  const text = printRecord(infoOf(await get('/v1/42')))
  const lines = text.split('\n')
  assert.match(lines[0] ?? '', /^orders: GET \/v1\/42 -> succeeded 200 by http:\/\/10\.0\.0\.2:8080 \(http\) in \d+ ms$/)
  assert.match(lines[1] ?? '', /^ {3}1 \|=+ +\| 0 ms \+30 ms http:\/\/10\.0\.0\.1:8080: 503 \(failure\)$/)
  assert.match(lines[2] ?? '', /^ {7}again after a back-off of [\d.]+ ms$/)
  assert.match(lines[3] ?? '', /^ {3}2 \| +=+\| \d+ ms \+20 ms http:\/\/10\.0\.0\.2:8080: 200 \(decided\)$/)
  assert.match(text, /passed over http:\/\/10\.0\.0\.3:8080: ejected \(by hand, for \d+ ms more\)/)
  assert.match(text, /time: back-off [\d.]+ ms, headers 50 ms = \d+ ms/)
})

test('a call whose route rewrites its path is told as it was called and as it was sent, without secrets', async () => {
  const { get } = world({
    slots: (s) => s.route({ name: 'old', match: { path: { prefix: '/old' } }, rewrite: { path: { prefix: '/v2' } } }),
  })
  const response = await get('/old/7?client_secret=s3cret')
  const record = meshInfo(response) ?? assert.fail('there is no record')
  assert.equal(record.route, 'old')
  assert.match(record.path, /^\/old\/7/)
  assert.match(record.sentPath ?? '', /^\/v2\/7/)
  assert.doesNotMatch(printRecord(record), /s3cret/)
  assert.match(printRecord(record), /GET \/old\/7\S* as \/v2\/7/)
  const plain = meshInfo(await get('/7'))
  assert.deepEqual([plain?.path, plain?.sentPath], ['/7', undefined])
})
