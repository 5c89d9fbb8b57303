import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Cancellation } from '../../src/call/cancellation.ts'
import { Directory } from '../../src/discovery/directory.ts'
import type { DirectoryOptions } from '../../src/discovery/directory-options.ts'
import { dns } from '../../src/discovery/dns.ts'
import { Roster } from '../../src/endpoint/roster.ts'
import { systemClock } from '../../src/runtime/system-clock.ts'
import { testHost } from '../../src/testing/test-host.ts'
import { Dnsmasq, type DnsmasqRecords } from '../servers/dnsmasq.ts'
import { need, until } from '../servers/server-kit.ts'

const name = 'orders.proxyless.test'
const asked = { timeout: '5s', tries: 1 } as const

/** A test with a dnsmasq and a directory that asks it, both of which end with the test. */
function dnsTest(sentence: string, records: DnsmasqRecords, check: (server: Dnsmasq, open: Open) => Promise<void>): void {
  test(sentence, async (context: TestContext) => {
    const program = need('dnsmasq', context)
    if (program === undefined) return
    const server = await Dnsmasq.start(program, records)
    const directories: Directory[] = []
    try {
      await check(server, (options, directoryOptions) => {
        const host = testHost({ service: 'orders', clock: systemClock })
        const part = dns(options?.records === 'srv' ? `_http._tcp.${name}` : name, { servers: [server.address], ...asked, ...options })
        const directory = new Directory({ service: 'orders', host, resolver: part(host), roster: new Roster(), options: directoryOptions })
        directories.push(directory)
        directory.start()
        return { directory, events: () => host.events.map((event) => event.name) }
      })
    } finally {
      for (const directory of directories) await directory.close()
      await server.stop()
    }
  })
}

type Open = (
  options?: Parameters<typeof dns>[1],
  directoryOptions?: DirectoryOptions,
) => { readonly directory: Directory; readonly events: () => string[] }

const addresses = (directory: Directory): string[] => directory.endpoints.map((endpoint) => endpoint.address).sort()

dnsTest(
  'A and AAAA records of a real server become endpoints',
  { hosts: { [name]: ['10.0.0.1', '10.0.0.2', 'fd00::1'] } },
  async (_server, open) => {
    const { directory } = open({ port: 8080 })
    await directory.settled(new Cancellation())
    assert.deepEqual(addresses(directory), ['http://10.0.0.1:8080', 'http://10.0.0.2:8080', 'http://[fd00::1]:8080'])
    assert.equal(directory.endpoints[0]?.servername, name)
  },
)

dnsTest(
  'a change is seen when the TTL is over, and endpoints that stay are the same',
  { hosts: { [name]: ['10.0.0.1', '10.0.0.2'] } },
  async (server, open) => {
    const { directory } = open({ port: 8080, family: 4 })
    await directory.settled(new Cancellation())
    const [stays] = directory.endpoints.filter(({ hostname }) => hostname === '10.0.0.2')
    await server.setHosts({ [name]: ['10.0.0.2', '10.0.0.3'] })
    await until('the new address', () => addresses(directory).includes('http://10.0.0.3:8080'))
    assert.deepEqual(addresses(directory), ['http://10.0.0.2:8080', 'http://10.0.0.3:8080'])
    assert.equal(
      directory.endpoints.find(({ hostname }) => hostname === '10.0.0.2'),
      stays,
    )
    assert.equal(directory.version, 2, 'answers in another order are no change')
  },
)

dnsTest('a name that a real server does not know is absent, and found soon after it appears', {}, async (server, open) => {
  const { directory } = open({ port: 8080, negativeTtl: '200ms' })
  await directory.settled(new Cancellation())
  assert.equal(directory.state, 'absent')
  await server.setHosts({ [name]: ['10.0.0.1'] })
  await until('the address', () => directory.state === 'resolved')
})

dnsTest('a name without addresses of the family is empty', { hosts: { [name]: ['10.0.0.1'] } }, async (_server, open) => {
  const { directory } = open({ family: 6 })
  await directory.settled(new Cancellation())
  assert.equal(directory.state, 'empty')
})

dnsTest(
  'SRV records of a real server become endpoints with tiers and weights',
  {
    hosts: { 'one.proxyless.test': ['10.0.0.1'], 'two.proxyless.test': ['10.0.0.2'], 'three.proxyless.test': ['10.0.0.3'] },
    services: [
      { name: `_http._tcp.${name}`, target: 'one.proxyless.test', port: 9001, priority: 10, weight: 70 },
      { name: `_http._tcp.${name}`, target: 'two.proxyless.test', port: 9002, priority: 10, weight: 30 },
      { name: `_http._tcp.${name}`, target: 'three.proxyless.test', port: 9003, priority: 20, weight: 0 },
    ],
  },
  async (_server, open) => {
    const { directory } = open({ records: 'srv' })
    await directory.settled(new Cancellation())
    const seen = directory.endpoints.map(({ address, weight, priority, servername }) => ({ address, weight, priority, servername }))
    assert.deepEqual(
      seen.sort((left, right) => left.address.localeCompare(right.address)),
      [
        { address: 'http://10.0.0.1:9001', weight: 70, priority: 0, servername: name },
        { address: 'http://10.0.0.2:9002', weight: 30, priority: 0, servername: name },
        { address: 'http://10.0.0.3:9003', weight: 1, priority: 1, servername: name },
      ],
    )
  },
)

dnsTest(
  'while the server is down the last good answer stays, and after its return a new one is seen',
  { hosts: { [name]: ['10.0.0.1'] } },
  async (server, open) => {
    const { directory, events } = open({ port: 8080, family: 4, timeout: '300ms' }, { backoff: { initial: '50ms', max: '200ms' } })
    await until('the first answer', () => directory.state === 'resolved')
    const [endpoint] = directory.endpoints
    await server.pause()
    await until('a failure', () => directory.snapshot().failures >= 3)
    assert.equal(directory.endpoints[0], endpoint)
    assert.equal(directory.state, 'resolved')
    assert.match(directory.snapshot().lastError ?? '', /dns orders\.proxyless\.test: nobody could tell/)
    await server.setHosts({ [name]: ['10.0.0.1', '10.0.0.2'] })
    await server.resume()
    await until('recovery', () => directory.snapshot().failures === 0)
    assert.equal(directory.endpoints[0], endpoint)
    assert.deepEqual(addresses(directory), ['http://10.0.0.1:8080', 'http://10.0.0.2:8080'])
    assert.ok(events().includes('resolver-failed') && events().includes('resolver-recovered'))
  },
)

dnsTest('a wish for a fresh answer is heard before the TTL is over', { hosts: { [name]: ['10.0.0.1'] } }, async (server, open) => {
  const { directory } = open({ port: 8080, family: 4, minTtl: '50s' }, { refreshGap: '100ms' })
  await directory.settled(new Cancellation())
  await server.setHosts({ [name]: ['10.0.0.9'] })
  await until('the new address', () => {
    directory.refresh()
    return addresses(directory).includes('http://10.0.0.9:8080')
  })
})
