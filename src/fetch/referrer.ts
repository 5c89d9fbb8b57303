import { argumentError } from './argument-error.ts'
import { isGetOrHead } from './method.ts'
import { programOrigin } from './program-origin.ts'
import type { UrlTarget } from './url-target.ts'

/** Where a call comes from, as the caller said. */
export interface Referrer {
  /** Its URL. */
  readonly url: URL
  /** How much of it is told to whom. */
  readonly policy: ReferrerPolicy
  /** Where the program says that it is. */
  readonly origin: string | undefined
}

const policies = [
  'no-referrer',
  'no-referrer-when-downgrade',
  'same-origin',
  'origin',
  'strict-origin',
  'origin-when-cross-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
] as const

type ReferrerPolicy = (typeof policies)[number]

/** Longer ones are cut down to the origin. */
const longestReferrer = 4_096

/**
 * Reads the referrer of a request.
 *
 * @param service for messages.
 * @param referrer a URL; empty for none; `about:client` or nothing for where the program says that it is, if it does.
 * @param policy a referrer policy; empty or nothing for the default.
 * @throws TypeError when one of them is not what fetch takes.
 */
export function readReferrer(service: string, referrer: unknown, policy: unknown): Referrer | undefined {
  const chosen = policy === undefined || policy === '' ? 'strict-origin-when-cross-origin' : policy
  if (!(policies as readonly unknown[]).includes(chosen)) throw argumentError(service, 'init.referrerPolicy', 'a referrer policy', policy)
  if (referrer === '') return undefined
  const client = programOrigin()
  const ofClient = client === undefined ? undefined : { url: client, policy: chosen as ReferrerPolicy, origin: client.origin }
  if (referrer === undefined || referrer === 'about:client') return ofClient
  const url = URL.parse(String(referrer), client?.href)
  if (url === null) throw argumentError(service, 'init.referrer', 'a URL', referrer)
  // Nobody may say that a call comes from elsewhere than it does.
  if (client !== undefined && url.origin !== client.origin) return ofClient
  return { url, policy: chosen as ReferrerPolicy, origin: client?.origin }
}

/**
 * The `origin` header of a request, which only a program that says where it is sends: with methods that change something, and wherever a
 * redirect led to another origin.
 *
 * @param referrer where the call comes from.
 * @param method of the request.
 * @param target where it goes.
 * @param elsewhere whether a redirect led to another origin.
 */
export function originFor({ origin, policy }: Referrer, method: string, target: UrlTarget, elsewhere: boolean): string | undefined {
  if (origin === undefined || elsewhere) return origin
  if (isGetOrHead(method)) return undefined
  const isDowngrade = origin.startsWith('https:') && target.origin.protocol === 'http:'
  switch (policy) {
    case 'no-referrer':
      return 'null'
    case 'same-origin':
      return origin === target.origin.text ? origin : 'null'
    case 'no-referrer-when-downgrade':
    case 'strict-origin':
    case 'strict-origin-when-cross-origin':
      return isDowngrade ? 'null' : origin
    default:
      return origin
  }
}

/**
 * What a redirect makes of a referrer: no more of it is told than was told to whoever redirected, and the redirect's own policy, if it names
 * one that is known, holds from then on.
 *
 * @param referrer as it was.
 * @param target where the redirect came from.
 * @param header the redirect's `referrer-policy`: the last known policy of the list counts.
 */
export function redirectReferrer(referrer: Referrer, target: UrlTarget, header: string): Referrer | undefined {
  const told = refererFor(referrer, target)
  if (told === undefined) return undefined
  const named = header.split(',').map((name) => name.trim())
  const policy = named.findLast((name): name is ReferrerPolicy => (policies as readonly string[]).includes(name))
  return { url: new URL(told), policy: policy ?? referrer.policy, origin: referrer.origin }
}

/**
 * The `referer` header for a URL, by the W3C's "Referrer Policy", section 8.3.
 *
 * @param referrer where the call comes from.
 * @param target where it goes.
 */
export function refererFor({ url, policy }: Referrer, target: UrlTarget): string | undefined {
  // Files, data and the like: there is no telling where they come from.
  if (url.origin === 'null' || url.protocol === 'blob:') return undefined
  const origin = `${url.origin}/`
  const path = `${url.origin}${url.pathname}${url.search}`
  const full = path.length > longestReferrer ? origin : path
  const isSameOrigin = url.origin === target.origin.text
  const isDowngrade = isTrustworthy(url) && !isTrustworthy(target.origin)
  switch (policy) {
    case 'no-referrer':
      return undefined
    case 'unsafe-url':
      return full
    case 'origin':
      return origin
    case 'same-origin':
      return isSameOrigin ? full : undefined
    case 'origin-when-cross-origin':
      return isSameOrigin ? full : origin
    case 'no-referrer-when-downgrade':
      return isDowngrade ? undefined : full
    case 'strict-origin':
      return isDowngrade ? undefined : origin
    case 'strict-origin-when-cross-origin':
      if (isSameOrigin) return full
      return isDowngrade ? undefined : origin
  }
}

/** Whether nobody can listen in, by the W3C's "Secure Contexts", section 3.1: https, or this machine. */
function isTrustworthy({ protocol, hostname }: { readonly protocol: string; readonly hostname: string }): boolean {
  return protocol === 'https:' || /^(?:127(?:\.\d+){3}|\[::1\]|(?:.*\.)?localhost\.?)$/.test(hostname)
}
