import type { promises } from 'node:dns'
import { lookup } from 'node:dns/promises'
import type { DnsSettings } from './dns-options.ts'

/** One address, and how long it is valid. */
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

/** Asks for the addresses of a name. Never rejects. */
export async function askAddresses(resolver: promises.Resolver, name: string, settings: DnsSettings): Promise<DnsAddresses> {
  const { family, everyMs } = settings
  if (settings.lookup === 'system') {
    return answerOf(
      lookup(name, { all: true, family: family === 'any' ? 0 : family }).then((found) =>
        found.map(({ address }) => ({ address, validMs: everyMs })),
      ),
    )
  }
  const options = { ttl: true } as const
  const questions: Promise<DnsAddresses>[] = []
  if (family !== 6) questions.push(answerOf(resolver.resolve4(name, options).then(withMilliseconds)))
  if (family !== 4) questions.push(answerOf(resolver.resolve6(name, options).then(withMilliseconds)))
  return bothFamilies(await Promise.all(questions))
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
export function bothFamilies(answers: readonly DnsAddresses[]): DnsAddresses {
  const addresses = answers.flatMap((answer) => (answer.kind === 'found' ? answer.addresses : []))
  if (addresses.length > 0) return { kind: 'found', addresses }
  return answers.find(({ kind }) => kind === 'fault') ?? answers.find(({ kind }) => kind === 'none') ?? { kind: 'absent' }
}
