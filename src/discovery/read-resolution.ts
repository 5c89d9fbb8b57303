import { printValue } from '../errors/print-value.ts'
import { type Resolution, type ResolverYield, toResolution } from './resolver.ts'

const expectation = "a list of endpoints or URLs, { kind: 'endpoints', endpoints: [...] } or { kind: 'absent' }"

/**
 * Brings what a resolver yielded into one form, and refuses what is none: a resolver may be untyped code, or pass on what a server sent.
 *
 * @param yielded what came.
 * @param resolver its name, for the message.
 * @throws TypeError that says what was expected and what came.
 */
export function readResolution(yielded: unknown, resolver: string): Resolution {
  if (typeof yielded !== 'object' || yielded === null) throw wrong(resolver, expectation, yielded)
  if (!Array.isArray(yielded)) {
    const { kind, endpoints } = yielded as { kind?: unknown; endpoints?: unknown }
    if (kind === 'absent') return { kind }
    if (kind !== 'endpoints') throw wrong(resolver, expectation, yielded)
    if (!Array.isArray(endpoints)) throw wrong(resolver, `a list as 'endpoints'`, endpoints)
    checkEntries(endpoints, resolver)
    return toResolution(endpoints)
  }
  checkEntries(yielded, resolver)
  return toResolution(yielded as ResolverYield)
}

function checkEntries(entries: readonly unknown[], resolver: string): void {
  for (let i = 0; i < entries.length; i += 1) {
    const entry = entries[i]
    if (typeof entry !== 'string' && (typeof entry !== 'object' || entry === null)) {
      throw wrong(resolver, `a URL or an object with a url as endpoint ${i}`, entry)
    }
  }
}

function wrong(resolver: string, expected: string, received: unknown): TypeError {
  return new TypeError(`resolver ${resolver}: expected ${expected}, got ${printValue(received)}`)
}
