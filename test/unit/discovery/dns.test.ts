import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { dns } from '../../../src/discovery/dns.ts'
import { dnsDefaults } from '../../../src/discovery/dns-options.ts'
import type { Resolution } from '../../../src/discovery/resolver.ts'
import { ConfigError } from '../../../src/errors/config-error.ts'
import { DnsServer } from '../../servers/dns-server.ts'
import { until, within } from '../../servers/server-kit.ts'
import { OpenWatch } from './open-watch.ts'

let server: DnsServer
let nameNumber = 0

before(async () => {
  server = await DnsServer.start()
})
after(() => server.close())

/** A name that no other test uses. */
function freshName(): string {
  nameNumber += 1
  return `orders-${nameNumber}.test`
}

function ask(name: string, options: Parameters<typeof dns>[1] = {}): OpenWatch {
  return new OpenWatch(dns(name, { servers: [server.address], timeout: '10s', tries: 1, ...options }))
}

test('each address of a name is an endpoint that carries the name for TLS', async () => {
  const name = freshName()
  server.setAddresses(name, ['10.0.0.1', '10.0.0.2'])
  const watch = ask(`${name}.`, { port: 8080 })
  assert.deepEqual(await watch.next(), {
    kind: 'endpoints',
    endpoints: [
      { url: '10.0.0.1:8080', servername: name },
      { url: '10.0.0.2:8080', servername: name },
    ],
  })
  watch.end()
})

test('both families are asked, and IPv6 addresses stand in brackets', async () => {
  const name = freshName()
  server.setAddresses(name, ['10.0.0.1'])
  server.set('AAAA', name, { records: [{ type: 'AAAA', data: 'fd00::1', ttl: 1 }] })
  const watch = ask(name, { port: 8080, scheme: 'https' })
  assert.deepEqual(await watch.nextUrls(), ['https://10.0.0.1:8080', 'https://[fd00::1]:8080'])
  watch.end()
})

test('one family alone is asked for when the option says so', async () => {
  const name = freshName()
  server.set('AAAA', name, { records: [{ type: 'AAAA', data: 'fd00::1', ttl: 1 }] })
  const watch = ask(name, { family: 6 })
  assert.deepEqual(await watch.nextUrls(), ['[fd00::1]'])
  watch.end()
  assert.deepEqual(
    server.questions.filter((question) => question.endsWith(name)),
    [`AAAA ${name}`],
  )
})

test('addresses of one family are enough when the other one fails', async () => {
  const name = freshName()
  server.setAddresses(name, ['10.0.0.1'])
  for (const trouble of ['SERVFAIL', 'silence', 'garbage', 'NXDOMAIN'] as const) {
    server.set('AAAA', name, trouble)
    const watch = ask(name)
    assert.deepEqual(await watch.nextUrls(), ['10.0.0.1'], trouble)
    watch.end()
  }
})

test('a family that does not answer holds up the other one for half a second, and keeps what it had', async () => {
  const name = freshName()
  server.setAddresses(name, ['10.0.0.1'])
  server.set('AAAA', name, { records: [{ type: 'AAAA', data: 'fd00::1', ttl: 1 }] })
  const watch = ask(name, { timeout: '20s' })
  assert.deepEqual(await watch.nextUrls(), ['10.0.0.1', '[fd00::1]'])
  server.setAddresses(name, ['10.0.0.2'])
  server.set('AAAA', name, 'silence')
  const second = watch.again()
  await until('the one answer', () => watch.host.clock.pending === 1)
  await watch.host.clock.advance(500)
  assert.deepEqual(urlsOf(await second), ['10.0.0.2', '[fd00::1]'])
  server.set('AAAA', name, 'NODATA')
  watch.end()
  watch.host.clock.assertIdle()
})

test('a family that fails keeps what it had, until it says that there is none', async () => {
  const name = freshName()
  server.setAddresses(name, ['10.0.0.1'])
  server.set('AAAA', name, { records: [{ type: 'AAAA', data: 'fd00::1', ttl: 1 }] })
  const watch = ask(name)
  assert.equal((await watch.nextUrls()).length, 2)
  server.set('AAAA', name, 'SERVFAIL')
  assert.deepEqual(urlsOf(await watch.again()), ['10.0.0.1', '[fd00::1]'])
  server.set('AAAA', name, 'NODATA')
  assert.deepEqual(urlsOf(await watch.again()), ['10.0.0.1'])
  server.set('AAAA', name, 'SERVFAIL')
  assert.deepEqual(urlsOf(await watch.again()), ['10.0.0.1'])
  watch.end()
})

test('it asks again at the smallest TTL, a little later at random, within its limits', async () => {
  const name = freshName()
  const pauseAfter = async (ttls: readonly number[], options: Parameters<typeof dns>[1] = {}): Promise<number> => {
    server.set('A', name, { records: ttls.map((ttl, i) => ({ type: 'A', data: `10.0.0.${i}`, ttl })) })
    server.set('AAAA', name, 'NODATA')
    const watch = ask(name, options)
    await watch.next()
    await Promise.all([watch.next(), tick().then(() => watch.end())])
    return watch.pauses[0] as number
  }
  const within = (ms: number, low: number) => assert.ok(ms >= low && ms <= low * 1.1, `${ms} is not in [${low}, ${low * 1.1}]`)
  within(await pauseAfter([30, 7, 60]), 7_000)
  within(await pauseAfter([0]), 1_000)
  within(await pauseAfter([86_400]), 60_000)
  within(await pauseAfter([3], { minTtl: '10s' }), 10_000)
  within(await pauseAfter([300], { maxTtl: '20s' }), 20_000)
  assert.equal(await pauseAfter([5], { jitter: 0 }), 5_000)
})

test('each resolver of a fleet has waits of its own', async () => {
  const name = freshName()
  server.setAddresses(name, ['10.0.0.1'], 10)
  const { testHost } = await import('../../../src/testing/test-host.ts')
  const { seededRandom } = await import('../../../src/testing/index.ts')
  const pauses = new Set<number>()
  for (let seed = 0; seed < 8; seed += 1) {
    const host = testHost({ random: seededRandom(seed) })
    const watch = new OpenWatch(dns(name, { servers: [server.address] }), 'orders', host)
    await watch.next()
    await Promise.all([watch.next(), tick().then(() => watch.end())])
    pauses.add(watch.pauses[0] as number)
  }
  assert.equal(pauses.size, 8)
})

test('a changed answer is seen after the pause', async () => {
  const name = freshName()
  server.setAddresses(name, ['10.0.0.1'])
  const watch = ask(name)
  assert.deepEqual(await watch.nextUrls(), ['10.0.0.1'])
  server.setAddresses(name, ['10.0.0.2', '10.0.0.3'])
  const answer = await watch.again()
  assert.deepEqual(urlsOf(answer), ['10.0.0.2', '10.0.0.3'])
  watch.end()
})

test('a name that does not exist is absent; one without such records is empty; both are asked again after negativeTtl', async () => {
  const missing = ask(freshName(), { negativeTtl: '3s', jitter: 0 })
  assert.deepEqual(await missing.next(), { kind: 'absent' })
  const name = freshName()
  server.set('A', name, 'NODATA')
  server.set('AAAA', name, 'NODATA')
  const empty = ask(name, { negativeTtl: '3s', jitter: 0 })
  assert.deepEqual(await empty.next(), { kind: 'endpoints', endpoints: [] })
  for (const watch of [missing, empty]) {
    await Promise.all([watch.next(), tick().then(() => watch.end())])
    assert.deepEqual(watch.pauses, [3_000])
  }
})

test('a name with a record of another type is empty', async () => {
  const name = freshName()
  server.set('A', name, { records: [{ type: 'CNAME', data: 'elsewhere.test', ttl: 5 }] })
  const watch = ask(name, { family: 4 })
  assert.deepEqual(await watch.next(), { kind: 'endpoints', endpoints: [] })
  watch.end()
})

test('a name behind a CNAME has the addresses of its target', async () => {
  const name = freshName()
  server.set('A', name, {
    records: [
      { type: 'CNAME', data: 'elsewhere.test', ttl: 5 },
      { type: 'A', name: 'elsewhere.test', data: '10.0.0.9', ttl: 5 },
    ],
  })
  const watch = ask(name, { family: 4 })
  assert.deepEqual(await watch.nextUrls(), ['10.0.0.9'])
  watch.end()
})

for (const [trouble, code] of [
  ['SERVFAIL', 'ESERVFAIL'],
  ['REFUSED', 'EREFUSED'],
  ['silence', 'ETIMEOUT'],
  ['garbage', 'EBADRESP'],
  ['cut off', 'EBADRESP'],
] as const) {
  test(`a name server that answers with ${trouble} is a fault that names the server and the reason`, async () => {
    const name = freshName()
    server.set('A', name, trouble)
    server.set('AAAA', name, trouble)
    const watch = ask(name, trouble === 'silence' ? { timeout: '200ms' } : {})
    const error = await watch.next().then(
      () => assert.fail('no fault'),
      (reason: Error) => reason,
    )
    assert.match(error.message, new RegExp(`dns ${name}: nobody could tell \\(asked ${server.address}\\): .*${code}`))
    assert.equal((error.cause as NodeJS.ErrnoException).code, code)
  })
}

test('no address of one family and a fault of the other is a fault', async () => {
  for (const nothing of ['NODATA', 'NXDOMAIN'] as const) {
    const name = freshName()
    server.set('A', name, nothing)
    server.set('AAAA', name, 'SERVFAIL')
    await assert.rejects(ask(name).next(), /ESERVFAIL/, nothing)
  }
})

test('an answer that is too long for a datagram is read over TCP', async () => {
  const name = freshName()
  const records = Array.from({ length: 200 }, (_, i) => ({ type: 'A', data: `10.0.1.${i}`, ttl: 5 }) as const)
  server.set('A', name, { truncated: records })
  const watch = ask(name, { family: 4 })
  assert.equal((await watch.nextUrls()).length, 200)
  watch.end()
})

test('nobody at the address of the name server is a fault', async () => {
  const closed = await DnsServer.start()
  const address = closed.address
  await closed.close()
  await assert.rejects(ask('orders.test', { servers: [address] }).next(), /nobody could tell \(asked 127\.0\.0\.1:\d+\).*ECONNREFUSED/)
})

test('the end of the watch stops the question that is under way', async () => {
  const name = freshName()
  server.set('A', name, 'silence')
  server.set('AAAA', name, 'silence')
  const watch = ask(name, { timeout: '10m' })
  const next = watch.next()
  await tick()
  watch.end()
  assert.equal(await within('the question is stopped', next), undefined)
})

test('an IP address as name is the endpoint itself, and final', async () => {
  for (const [name, url] of [
    ['127.0.0.1', '127.0.0.1:8080'],
    ['::1', '[::1]:8080'],
  ] as const) {
    const watch = ask(name, { port: 8080 })
    assert.deepEqual(await watch.next(), { kind: 'endpoints', endpoints: [{ url }] })
    assert.equal(await watch.next(), undefined)
  }
  assert.ok(!server.questions.some((question) => question.includes('127.0.0.1')))
})

test('lookup by the system knows localhost, and asks again every so often', async () => {
  const watch = new OpenWatch(dns('localhost', { lookup: 'system', family: 4, port: 80, every: '12s', maxTtl: '20s', jitter: 0 }))
  assert.deepEqual(await watch.next(), { kind: 'endpoints', endpoints: [{ url: '127.0.0.1:80', servername: 'localhost' }] })
  await Promise.all([watch.next(), tick().then(() => watch.end())])
  assert.deepEqual(watch.pauses, [12_000])
})

test('SRV records become endpoints with ranked priorities and with weights', async () => {
  const name = `_http._tcp.${freshName()}`
  const one = freshName()
  const two = freshName()
  const three = freshName()
  server.set('SRV', name, {
    records: [
      { type: 'SRV', data: { target: three, port: 9003, priority: 50, weight: 0 }, ttl: 300 },
      { type: 'SRV', data: { target: one, port: 9001, priority: 10, weight: 60 }, ttl: 300 },
      { type: 'SRV', data: { target: two, port: 9002, priority: 10, weight: 40 }, ttl: 300 },
    ],
  })
  server.setAddresses(one, ['10.0.1.1'], 20)
  server.setAddresses(two, ['10.0.2.1', '10.0.2.2'], 20)
  server.setAddresses(three, ['10.0.3.1'], 20)
  const watch = ask(name, { records: 'srv', jitter: 0, servername: undefined })
  const servername = name.replace('_http._tcp.', '')
  assert.deepEqual(await watch.next(), {
    kind: 'endpoints',
    endpoints: [
      { url: '10.0.1.1:9001', servername, weight: 60, priority: 0 },
      { url: '10.0.2.1:9002', servername, weight: 20, priority: 0 },
      { url: '10.0.2.2:9002', servername, weight: 20, priority: 0 },
      { url: '10.0.3.1:9003', servername, weight: 1, priority: 1 },
    ],
  })
  await Promise.all([watch.next(), tick().then(() => watch.end())])
  assert.deepEqual(watch.pauses, [20_000], 'the TTL of the targets, since that of SRV records is not known')
})

test('SRV records are asked for again after the interval when the targets live longer', async () => {
  const name = freshName()
  const target = freshName()
  server.set('SRV', name, { records: [{ type: 'SRV', data: { target, port: 1, priority: 0, weight: 0 }, ttl: 1 }] })
  server.setAddresses(target, ['10.0.0.1'], 3_600)
  const watch = ask(name, { records: 'srv', every: '15s', jitter: 0 })
  await watch.next()
  await Promise.all([watch.next(), tick().then(() => watch.end())])
  assert.deepEqual(watch.pauses, [15_000])
})

test('an SRV name can be absent, empty, decidedly not served, or a fault', async () => {
  const services = (name: string) => ask(name, { records: 'srv' }).next()
  assert.deepEqual(await services(freshName()), { kind: 'absent' })
  const name = freshName()
  server.set('SRV', name, 'NODATA')
  assert.deepEqual(await services(name), { kind: 'endpoints', endpoints: [] })
  server.set('SRV', name, { records: [{ type: 'SRV', data: { target: '.', port: 0, priority: 0, weight: 0 }, ttl: 5 }] })
  assert.deepEqual(await services(name), { kind: 'absent' })
  server.set('SRV', name, 'SERVFAIL')
  await assert.rejects(services(name), /ESERVFAIL/)
})

test('an SRV target that nobody can tell about keeps the addresses that it had, also in the next watch; one that is gone does not', async () => {
  const name = freshName()
  const [steady, shaky] = [freshName(), freshName()]
  const record = (target: string) => ({ type: 'SRV', data: { target, port: 80, priority: 0, weight: 5 }, ttl: 5 }) as const
  server.set('SRV', name, { records: [record(steady), record(shaky)] })
  server.setAddresses(steady, ['10.0.0.1'])
  server.setAddresses(shaky, ['10.0.0.2'])
  const resolver = dns(name, { records: 'srv', servers: [server.address], timeout: '10s', tries: 1 })
  const { testHost } = await import('../../../src/testing/test-host.ts')
  const made = resolver(testHost())
  const watch = new OpenWatch(() => made)
  assert.deepEqual(await watch.nextUrls(), ['10.0.0.1:80', '10.0.0.2:80'])
  server.set('A', shaky, 'SERVFAIL')
  server.set('AAAA', shaky, 'SERVFAIL')
  watch.end()
  const second = new OpenWatch(() => made)
  assert.deepEqual(await second.nextUrls(), ['10.0.0.1:80', '10.0.0.2:80'])
  server.set('A', shaky, 'NXDOMAIN')
  server.set('AAAA', shaky, 'NXDOMAIN')
  const answer = await second.again()
  assert.deepEqual(urlsOf(answer), ['10.0.0.1:80'])
  second.end()
})

test('an SRV name of which no target can be asked for is a fault', async () => {
  const name = freshName()
  const target = freshName()
  server.set('SRV', name, { records: [{ type: 'SRV', data: { target, port: 80, priority: 0, weight: 5 }, ttl: 5 }] })
  server.set('A', target, 'SERVFAIL')
  server.set('AAAA', target, 'SERVFAIL')
  await assert.rejects(ask(name, { records: 'srv' }).next(), /ESERVFAIL/)
})

test('wrong arguments are refused at once, all of them in one error', () => {
  const refuse = (make: () => unknown, ...paths: string[]) =>
    assert.throws(make, (error: unknown) => {
      assert.ok(ConfigError.is(error))
      assert.deepEqual(
        error.problems.map(({ path }) => path),
        paths,
      )
      return true
    })
  refuse(() => dns(''), 'dns')
  refuse(() => dns('http://orders'), 'dns')
  refuse(() => dns('orders:8080'), 'dns')
  refuse(
    () => dns('orders', { port: 70_000, family: 5 as never, servers: ['localhost'], minTtl: '2 s' as never, tries: 0, prot: 1 } as never),
    'dns.port',
    'dns.family',
    'dns.servers',
    'dns.minTtl',
    'dns.tries',
    'dns.prot',
  )
  refuse(() => dns('orders', { records: 'srv', lookup: 'system', port: 80 }), 'dns.lookup', 'dns.port')
  refuse(() => dns('orders', 'x' as never), 'dns')
})

test('the part says what it was made with, and the defaults are frozen', () => {
  assert.deepEqual(JSON.parse(JSON.stringify(dns('orders.internal', { port: 8080 }))), { kind: 'dns', name: 'orders.internal', port: 8080 })
  assert.ok(Object.isFrozen(dnsDefaults))
  assert.deepEqual(
    { ...dnsDefaults },
    {
      port: undefined,
      records: 'address',
      family: 'any',
      lookup: 'dns',
      servers: undefined,
      scheme: undefined,
      servername: undefined,
      minTtl: '1s',
      maxTtl: '1m',
      every: '30s',
      negativeTtl: '5s',
      jitter: 0.1,
      timeout: '2s',
      tries: 2,
    },
  )
})

function urlsOf(answer: Resolution | undefined): string[] {
  return answer?.kind === 'endpoints' ? answer.endpoints.map(({ url }) => url) : []
}

function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
