import { argumentError } from './argument-error.ts'
import { type HeaderOptions, plainHeaderOptions } from './automatic-headers.ts'
import { type Referrer, readReferrer } from './referrer.ts'

/** The options of a request that are neither its method, headers, body nor signal. */
export interface RequestOptions {
  /** What to do with a redirect. */
  readonly redirect: 'follow' | 'manual' | 'error'
  /** What the body of the reply must hash to; empty for anything. */
  readonly integrity: string
  /** Whether a stream may not be the body. */
  readonly keepalive: boolean
  /** What the options add to the headers; `referer` is filled in for each URL. */
  readonly header: HeaderOptions
  /** Where the call comes from, if the caller said so. */
  readonly referrer: Referrer | undefined
}

/** The options of a request that says nothing special. */
export const plainOptions: RequestOptions = Object.freeze({
  redirect: 'follow',
  integrity: '',
  keepalive: false,
  header: plainHeaderOptions,
  referrer: undefined,
})

const redirects = ['follow', 'manual', 'error'] as const
const modes = ['cors', 'same-origin', 'no-cors'] as const
const caches = ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'] as const
const credentials = ['omit', 'same-origin', 'include'] as const
const priorities = ['high', 'low', 'auto'] as const
const duplexes = ['half'] as const

/** The fields of `init`, and of a `Request`, that this file reads. */
interface OptionFields {
  readonly redirect?: unknown
  readonly integrity?: unknown
  readonly keepalive?: unknown
  readonly mode?: unknown
  readonly cache?: unknown
  readonly credentials?: unknown
  readonly referrer?: unknown
  readonly referrerPolicy?: unknown
  readonly window?: unknown
  readonly priority?: unknown
  readonly duplex?: unknown
}

/**
 * Reads the options of a request.
 *
 * @param service for messages.
 * @param init what the caller said; wins over `input`.
 * @param input a `Request` that the caller passed, if it is one.
 * @throws TypeError for a value that fetch does not know.
 */
export function readOptions(service: string, init: OptionFields | undefined, input: OptionFields | undefined): RequestOptions {
  if (init !== undefined) checkUnused(service, init)
  const redirect = oneOf(service, 'redirect', pick(init?.redirect, input?.redirect, 'follow'), redirects)
  const mode = oneOf(service, 'mode', pick(init?.mode, input?.mode, 'cors'), modes)
  const cache = oneOf(service, 'cache', pick(init?.cache, input?.cache, 'default'), caches)
  if (cache === 'only-if-cached' && mode !== 'same-origin') {
    throw argumentError(service, 'init.mode', "'same-origin' beside the cache mode 'only-if-cached'", mode)
  }
  const integrity = String(init?.integrity ?? input?.integrity ?? '')
  const keepalive = Boolean(pick(init?.keepalive, input?.keepalive, false))
  const referrer = readReferrer(service, pick(init?.referrer, input?.referrer), pick(init?.referrerPolicy, input?.referrerPolicy))
  const isPlainHeader = mode === 'cors' && cache === 'default'
  if (isPlainHeader && referrer === undefined && redirect === 'follow' && integrity === '' && !keepalive) return plainOptions
  return {
    redirect,
    integrity,
    keepalive,
    header: isPlainHeader ? plainHeaderOptions : { mode, cache, referer: undefined, origin: undefined },
    referrer,
  }
}

/** Options that a server-side fetch has no use for are still checked, as fetch checks them. */
function checkUnused(service: string, init: OptionFields): void {
  if (init.window !== undefined && init.window !== null) throw argumentError(service, 'init.window', 'null', init.window)
  if (init.credentials !== undefined) oneOf(service, 'credentials', init.credentials, credentials)
  if (init.priority !== undefined) oneOf(service, 'priority', init.priority, priorities)
  if (init.duplex !== undefined) oneOf(service, 'duplex', init.duplex, duplexes)
}

/** Only `undefined` means "not given". */
function pick(first: unknown, second: unknown, fallback?: unknown): unknown {
  if (first !== undefined) return first
  return second === undefined ? fallback : second
}

function oneOf<T extends string>(service: string, field: string, value: unknown, allowed: readonly T[]): T {
  if (!(allowed as readonly unknown[]).includes(value)) {
    throw argumentError(service, `init.${field}`, allowed.map((one) => `'${one}'`).join(' or '), value)
  }
  return value as T
}
