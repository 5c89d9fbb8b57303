import type { promises } from 'node:dns'
import { lookup } from 'node:dns/promises'
import type { Clock, Timer } from '../runtime/clock.ts'
import type { DnsSettings } from './dns-options.ts'

/** One address, and how long it is valid, in milliseconds. */
export interface DnsAddress {
  readonly address: string
  readonly validMs: number
}

/** What is known about the addresses of a name. */
export type DnsAddresses =
  | { readonly kind: 'found'; readonly addresses: readonly DnsAddress[] }
  /** The name exists, and has no such address. */
  | { readonly kind: 'none' }
  /** The name does not exist. */
  | { readonly kind: 'absent' }
  /** Nobody could tell. */
  | { readonly kind: 'fault'; readonly error: unknown }

/** How long the one family is waited for when the other one has been found: some name servers never answer questions about AAAA. */
const slowFamilyMs = 500

/**
 * Asks for the addresses of names, and remembers the last good ones of each name and family: when nobody can tell about a part of an
 * answer, that part need not vanish.
 */
export class DnsAddressBook {
  readonly #settings: DnsSettings
  readonly #clock: Clock
  readonly #known = new Map<string, Map<string, readonly DnsAddress[]>>()

  constructor(settings: DnsSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
  }

  /** Asks for the addresses of a name. Never rejects. */
  async ask(resolver: promises.Resolver, name: string): Promise<DnsAddresses> {
    const { family, everyMs, lookup: by } = this.#settings
    if (by === 'system') {
      const found = lookup(name, { all: true, family: family === 'any' ? 0 : family })
      return answerOf(found.then((all) => all.map(({ address }) => ({ address, validMs: everyMs }))))
    }
    const asked: Promise<DnsAddresses>[] = []
    if (family !== 6) asked.push(this.#remember(name, 'A', answerOf(resolver.resolve4(name, { ttl: true }).then(withMilliseconds))))
    if (family !== 4) asked.push(this.#remember(name, 'AAAA', answerOf(resolver.resolve6(name, { ttl: true }).then(withMilliseconds))))
    const answers = await this.#inTime(asked)
    const together = bothFamilies(answers)
    // What is known of a family that just failed counts, if the other one shows that the name is still there.
    if (together.kind !== 'found' || answers.every(({ kind }) => kind !== 'fault')) return together
    return { kind: 'found', addresses: this.known(name) }
  }

  /** The last good addresses of a name; none when there are none. */
  known(name: string): readonly DnsAddress[] {
    return [...(this.#known.get(name)?.values() ?? [])].flat()
  }

  /** Forgets every other name. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const name of [...this.#known.keys()]) if (!names.has(name)) this.#known.delete(name)
  }

  async #remember(name: string, type: 'A' | 'AAAA', asked: Promise<DnsAddresses>): Promise<DnsAddresses> {
    const answer = await asked
    if (answer.kind === 'fault') return answer
    let known = this.#known.get(name)
    if (known === undefined) this.#known.set(name, (known = new Map()))
    if (answer.kind === 'found') known.set(type, answer.addresses)
    else known.delete(type)
    return answer
  }

  /** All answers; one that is slow while another one has found something counts as a fault. */
  #inTime(asked: readonly Promise<DnsAddresses>[]): Promise<readonly DnsAddresses[]> {
    return new Promise((resolve) => {
      const answers = asked.map((): DnsAddresses => ({ kind: 'fault', error: new Error('no answer in time') }))
      let open = asked.length
      let timer: Timer | undefined
      const end = (): void => {
        timer?.cancel()
        resolve([...answers])
      }
      for (const [i, promise] of asked.entries()) {
        void promise.then((answer) => {
          answers[i] = answer
          open -= 1
          if (open === 0) end()
          else if (answer.kind === 'found') timer ??= this.#clock.schedule(slowFamilyMs, end, { background: true })
        })
      }
    })
  }
}

function withMilliseconds(records: readonly { address: string; ttl: number }[]): DnsAddress[] {
  return records.map(({ address, ttl }) => ({ address, validMs: ttl * 1_000 }))
}

async function answerOf(asked: Promise<DnsAddress[]>): Promise<DnsAddresses> {
  try {
    const addresses = await asked
    return addresses.length > 0 ? { kind: 'found', addresses } : { kind: 'none' }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOTFOUND' ? { kind: 'absent' } : code === 'ENODATA' ? { kind: 'none' } : { kind: 'fault', error }
  }
}

/**
 * Makes one answer of those for A and AAAA. Addresses of one family are enough. Without any, a fault outweighs "there is none": what the
 * one name server could not tell may be what there is.
 */
function bothFamilies(answers: readonly DnsAddresses[]): DnsAddresses {
  const addresses = answers.flatMap((answer) => (answer.kind === 'found' ? answer.addresses : []))
  if (addresses.length > 0) return { kind: 'found', addresses }
  return answers.find(({ kind }) => kind === 'fault') ?? answers.find(({ kind }) => kind === 'none') ?? { kind: 'absent' }
}
