import { promises, type SrvRecord } from 'node:dns'
import type { EndpointSpec } from '../endpoint/endpoint.ts'
import type { DnsAddress, DnsAddressBook } from './dns-addresses.ts'
import type { DnsSettings } from './dns-options.ts'
import { deniesService, serviceEndpoints } from './dns-services.ts'
import { errorText } from './error-text.ts'
import type { Resolution } from './resolver.ts'

/** An answer, and how long it is valid, in milliseconds. */
export interface DnsAnswer {
  readonly resolution: Resolution
  readonly validMs: number
}

/** How many targets of SRV records are asked for at a time. */
const targetsAtATime = 16

const noEndpoints: Resolution = Object.freeze({ kind: 'endpoints', endpoints: Object.freeze([]) })

/**
 * Asks name servers for the endpoints behind a name. One for each watch, since {@link stop} stops every question of it;
 * what is known of addresses outlives it.
 */
export class DnsQuestion {
  readonly #settings: DnsSettings
  readonly #resolver: promises.Resolver
  readonly #book: DnsAddressBook
  #stopped = false

  constructor(settings: DnsSettings, book: DnsAddressBook) {
    this.#settings = settings
    this.#book = book
    this.#resolver = new promises.Resolver({ timeout: settings.timeoutMs, tries: settings.tries })
    if (settings.servers !== undefined) this.#resolver.setServers(settings.servers)
  }

  /** @throws Error when nobody could tell. */
  ask(): Promise<DnsAnswer> {
    return this.#settings.records === 'srv' ? this.#askServices() : this.#askEndpoints()
  }

  /** Stops what is under way. */
  stop(): void {
    this.#stopped = true
    this.#resolver.cancel()
  }

  async #askEndpoints(): Promise<DnsAnswer> {
    const { name, port, negativeTtlMs } = this.#settings
    const answer = await this.#book.ask(this.#resolver, name)
    if (answer.kind === 'fault') throw this.#fault(answer.error)
    if (answer.kind === 'absent') return { resolution: { kind: 'absent' }, validMs: negativeTtlMs }
    if (answer.kind === 'none') return { resolution: noEndpoints, validMs: negativeTtlMs }
    const endpoints = answer.addresses.map(({ address }) => this.#spec(address, port))
    return { resolution: { kind: 'endpoints', endpoints }, validMs: this.#clamp(answer.addresses) }
  }

  async #askServices(): Promise<DnsAnswer> {
    const { name, negativeTtlMs, everyMs } = this.#settings
    let records: SrvRecord[]
    try {
      records = await this.#resolver.resolveSrv(name)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOTFOUND') return { resolution: { kind: 'absent' }, validMs: negativeTtlMs }
      if (code === 'ENODATA') return { resolution: noEndpoints, validMs: negativeTtlMs }
      throw this.#fault(error)
    }
    if (deniesService(records)) return { resolution: { kind: 'absent' }, validMs: negativeTtlMs }
    const targets = await this.#askTargets([...new Set(records.map((record) => record.name))])
    const endpoints = serviceEndpoints(
      records,
      (target) => targets.get(target) ?? [],
      (address, port) => this.#spec(address, port),
    )
    const addresses = [...targets.values()].flat()
    return {
      resolution: { kind: 'endpoints', endpoints },
      validMs: addresses.length === 0 ? negativeTtlMs : Math.min(everyMs, this.#clamp(addresses)),
    }
  }

  /** The addresses of the targets. One that nobody can tell about keeps those that it had. */
  async #askTargets(names: readonly string[]): Promise<ReadonlyMap<string, readonly DnsAddress[]>> {
    const targets = new Map<string, readonly DnsAddress[]>()
    let fault: { readonly error: unknown } | undefined
    for (let i = 0; i < names.length; i += targetsAtATime) {
      if (this.#stopped) throw new Error('stopped')
      const some = names.slice(i, i + targetsAtATime)
      const answers = await Promise.all(some.map((target) => this.#book.ask(this.#resolver, target)))
      for (const [j, answer] of answers.entries()) {
        const target = some[j] as string
        const known = this.#book.known(target)
        if (answer.kind === 'found') targets.set(target, answer.addresses)
        else if (answer.kind === 'fault' && known.length > 0) targets.set(target, known)
        else if (answer.kind === 'fault') fault ??= answer
      }
    }
    if (targets.size === 0 && fault !== undefined) throw this.#fault(fault.error)
    this.#book.keepOnly(new Set(names))
    return targets
  }

  #spec(address: string, port: number | undefined): EndpointSpec {
    const { scheme, servername, name } = this.#settings
    return endpointSpec(address, port, scheme, servername ?? name.replace(/^(_[^.]*\.)+/, ''))
  }

  #clamp(addresses: readonly DnsAddress[]): number {
    const { minTtlMs, maxTtlMs } = this.#settings
    let smallest = maxTtlMs
    for (const { validMs } of addresses) smallest = Math.min(smallest, validMs)
    return Math.max(minTtlMs, smallest)
  }

  #fault(error: unknown): Error {
    const { name, lookup } = this.#settings
    const asked = lookup === 'system' ? 'the system' : this.#resolver.getServers().join(', ')
    return new Error(`dns ${name}: nobody could tell (asked ${asked}): ${errorText(error)}`, { cause: error })
  }
}

/** An endpoint at an IP address. */
export function endpointSpec(
  address: string,
  port: number | undefined,
  scheme: string | undefined,
  servername: string | undefined,
): EndpointSpec {
  const host = address.includes(':') ? `[${address}]` : address
  const url = `${scheme === undefined ? '' : `${scheme}://`}${host}${port === undefined ? '' : `:${port}`}`
  return servername === undefined ? { url } : { url, servername }
}
