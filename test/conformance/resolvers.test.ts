import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dns } from '../../src/discovery/dns.ts'
import { file } from '../../src/discovery/file.ts'
import { firstOf } from '../../src/discovery/first-of.ts'
import { fixed } from '../../src/discovery/fixed.ts'
import { merge } from '../../src/discovery/merge.ts'
import { poll } from '../../src/discovery/poll.ts'
import type { ResolveFunction } from '../../src/discovery/resolver.ts'
import { type ResolverFixture, resolverSuite } from '../../src/testing/resolver-suite.ts'
import { DnsServer } from '../servers/dns-server.ts'
import { temporaryFolder } from '../servers/server-kit.ts'

const urls = ['http://10.0.0.1:80', 'http://10.0.0.2:80']

/** New URLs each time. */
function freshUrls(): () => string[] {
  let round = 0
  return () => {
    round += 1
    return [`http://10.0.${round}.1:80`, `http://10.0.${round}.2:80`, 'http://10.0.0.2:80']
  }
}

/** A registry in memory, and a resolver that asks it. */
function registry(resolverOf: (ask: () => string[]) => ResolverFixture['resolver']): ResolverFixture {
  let current = urls
  let broken = false
  const next = freshUrls()
  const resolver = resolverOf(() => {
    if (broken) throw new Error('the registry is down')
    return current
  })
  return {
    resolver,
    urls,
    change: () => {
      current = next()
      return current
    },
    fail: () => {
      broken = true
    },
  }
}

resolverSuite({ name: 'fixed', make: () => ({ resolver: fixed(urls), urls }), changes: false, fails: false })

resolverSuite({ name: 'poll', make: () => registry((ask) => poll(ask)) })

resolverSuite({
  name: 'a bare generator function',
  make: () =>
    registry(
      (ask): ResolveFunction =>
        async function* (_service, { signal, pause }) {
          while (!signal.aborted) {
            yield ask()
            await pause(60_000)
          }
        },
    ),
})

resolverSuite({
  name: 'file',
  make: async () => {
    const folder = await temporaryFolder()
    const path = join(folder.path, 'endpoints.json')
    const write = async (endpoints: readonly string[]): Promise<void> => {
      await writeFile(`${path}.new`, JSON.stringify({ endpoints }))
      await rename(`${path}.new`, path)
    }
    const next = freshUrls()
    await write(urls)
    return {
      resolver: file(path),
      urls,
      change: async () => {
        const changed = next()
        await write(changed)
        return changed
      },
      fail: () => rm(path),
      close: folder.remove,
    }
  },
})

const dnsFixture = async (records: 'address' | 'srv'): Promise<ResolverFixture> => {
  const server = await DnsServer.start()
  const name = 'orders.test'
  const set = (addresses: readonly string[]): string[] => {
    server.setAddresses(name, addresses, 60)
    server.set('SRV', '_http._tcp.orders.test', {
      records: [{ type: 'SRV', data: { target: name, port: 8080, priority: 0, weight: 0 }, ttl: 60 }],
    })
    return addresses.map((address) => `${address}:8080`)
  }
  let round = 0
  const options = { servers: [server.address], timeout: '200ms', tries: 1 } as const
  return {
    resolver: records === 'srv' ? dns('_http._tcp.orders.test', { ...options, records }) : dns(name, { ...options, port: 8080 }),
    urls: set(['10.0.0.1', '10.0.0.2']),
    change: () => {
      round += 1
      return set(['10.0.0.2', `10.0.${round}.1`])
    },
    fail: () => {
      for (const [type, host] of [
        ['A', name],
        ['AAAA', name],
        ['SRV', '_http._tcp.orders.test'],
      ] as const) {
        server.set(type, host, 'SERVFAIL')
      }
    },
    close: () => server.close(),
  }
}

resolverSuite({ name: 'dns addresses', make: () => dnsFixture('address') })
resolverSuite({ name: 'dns services', make: () => dnsFixture('srv') })

resolverSuite({
  name: 'firstOf',
  make: () => registry((ask) => firstOf(poll(ask), poll(ask))),
  hidesLaterFaults: true,
})

resolverSuite({
  name: 'merge',
  make: () =>
    registry((ask) =>
      merge(
        poll(() => ask().slice(0, 1)),
        poll(() => ask().slice(1)),
      ),
    ),
  hidesLaterFaults: true,
})
