import { isIP } from 'node:net'
import { type DescribedPart, part } from '../runtime/part.ts'
import type { Given } from '../runtime/with-defaults.ts'
import { DnsAddressBook } from './dns-addresses.ts'
import { type DnsOptions, dnsProblems, dnsSettings } from './dns-options.ts'
import { DnsQuestion, endpointSpec } from './dns-question.ts'
import { numberedStream } from './numbered-stream.ts'
import { refuse } from './option-rules.ts'
import type { Resolver } from './resolver.ts'

/**
 * Endpoints from DNS: one for each address of a name (A and AAAA records), or one for each address of each target of its SRV records.
 *
 * It asks again when the answer's smallest TTL is over, a little later at random, and sooner when the mesh would like a fresh answer.
 *
 * | the name server says | it means |
 * | --- | --- |
 * | addresses | these are the endpoints |
 * | the name exists, without such records | the service is empty |
 * | the name does not exist (NXDOMAIN) | the service is absent |
 * | an error, nothing, or nonsense | a fault: the last good answer stays |
 *
 * With both families, addresses of one are enough: the other one is waited for half a second, and keeps the addresses that it had. Names are asked for as they are: `/etc/hosts`, `localhost` and search domains are known
 * to `lookup: 'system'` only. An IP address as name is the endpoint itself. A question that is under way may keep a process that would
 * end otherwise until it is answered or timed out; the waits between questions do not.
 *
 * @param name such as `'orders.internal'`, or `'_http._tcp.orders.internal'` for SRV records.
 * @param options see {@link DnsOptions}.
 * @returns a resolver for `.resolve(...)`.
 * @throws ConfigError when the name or an option is wrong.
 * @example
 * ```ts
 * import { dns, mesh } from 'proxyless'
 *
 * const net = mesh()
 *   .service('orders', (s) => s.resolve(dns('orders.internal', { port: 8080 })))
 *   .service('stock', (s) => s.resolve(dns('_http._tcp.stock.internal', { records: 'srv', every: '10s' })))
 *   .build()
 * ```
 */
export function dns(name: string, options?: Given<DnsOptions>): DescribedPart<Resolver> {
  refuse(dnsProblems(name, options))
  const settings = dnsSettings(name, options)
  return part<Resolver>('dns', { name, ...options }, (host) => {
    const random = numberedStream(host.random, 'dns')
    const book = new DnsAddressBook(settings, host.clock)
    return {
      name: `dns ${settings.name}`,
      async *watch(_service, { signal, pause }) {
        if (isIP(settings.name) !== 0) {
          yield [endpointSpec(settings.name, settings.port, settings.scheme, settings.servername)]
          return
        }
        const question = new DnsQuestion(settings, book)
        const stop = (): void => question.stop()
        signal.addEventListener('abort', stop, { once: true })
        try {
          while (!signal.aborted) {
            const { resolution, validMs } = await question.ask()
            yield resolution
            await pause(validMs * (1 + settings.jitter * random.next()))
          }
        } catch (error) {
          if (!signal.aborted) throw error
        } finally {
          signal.removeEventListener('abort', stop)
        }
      },
    }
  })
}
