import { MeshError } from '../errors/mesh-error.ts'
import { printValue } from '../errors/print-value.ts'
import { doorName } from './argument-error.ts'
import { isBadPort } from './bad-ports.ts'
import { programOrigin } from './program-origin.ts'

/** The parts of an http URL that do not depend on the path. */
export interface UrlOrigin {
  /** Of the URL. */
  readonly protocol: 'http:' | 'https:'
  /** In lower case; an IPv6 address in brackets. */
  readonly hostname: string
  /** Empty for the protocol's default. */
  readonly port: string
  /** Host name, and the port if it is not the default. */
  readonly host: string
  /** Protocol, host and port, as `URL.origin` has it. */
  readonly text: string
  /** Whether fetch refuses the port, unless a service declares the host. */
  readonly badPort: boolean
}

/** Where a call goes, as its URL says. */
export interface UrlTarget {
  /** See {@link UrlOrigin}. */
  readonly origin: UrlOrigin
  /** Path and query, beginning with `/`. */
  readonly path: string
  /** The whole URL, normalised, without fragment. */
  readonly href: string
}

const expectation = "an absolute http or https URL such as 'http://orders/v1/42'"

/** Origins that are spelled as `URL` would spell them, by their text: a program calls few of them, very often. */
const knownOrigins = new Map<string, UrlOrigin>()
const mostKnownOrigins = 1_000

/** A few of them, to compare with: to look for a part of a text in a map takes V8 longer than all the rest, because it has no hash yet. */
const recentOrigins: UrlOrigin[] = []
const mostRecentOrigins = 4
let nextRecent = 0
const slash = 47

/**
 * Paths and queries that `URL` would leave as they are: nothing to encode, no segment that begins with a dot or with an escape (which
 * may be a dot), no fragment. Others take the slow way.
 */
const plainPath = /^(?:\/(?:[\w~!$&'()*+,;=:@-][\w.~!$&'()*+,;=:@%-]*)?)+(?:\?[!$-&(-;=?-~]*)?$/

/**
 * Takes a URL apart, without making a `URL` for the usual spelling.
 *
 * @param input the URL as the caller wrote it.
 * @returns its parts, or `undefined` for a scheme that is none of the mesh's business but that fetch knows: `data:` and `blob:`.
 * @throws TypeError when it is not a URL, has another scheme, or has credentials.
 */
export function readTarget(input: string): UrlTarget | undefined {
  return readUsual(input) ?? readSlowly(input)
}

/** The same for the usual spelling alone: `undefined` when it takes a `URL` to tell. */
export function readUsual(input: string): UrlTarget | undefined {
  const origin = recentOrigin(input) ?? knownOrigin(input)
  if (origin === undefined) return undefined
  const path = input.slice(origin.text.length)
  return plainPath.test(path) ? { origin, path, href: input } : undefined
}

/** The origin of a URL, if it is one of the last. */
function recentOrigin(input: string): UrlOrigin | undefined {
  for (let i = 0; i < recentOrigins.length; i += 1) {
    const origin = recentOrigins[i] as UrlOrigin
    const { text } = origin
    if (input.charCodeAt(text.length) === slash && input.startsWith(text)) return origin
  }
  return undefined
}

function knownOrigin(input: string): UrlOrigin | undefined {
  const end = input.indexOf('/', 8)
  const origin = end === -1 ? undefined : knownOrigins.get(input.slice(0, end))
  if (origin === undefined) return undefined
  recentOrigins[nextRecent] = origin
  nextRecent = (nextRecent + 1) % mostRecentOrigins
  return origin
}

function readSlowly(input: string): UrlTarget | undefined {
  let url: URL
  try {
    url = new URL(input, programOrigin())
  } catch (cause) {
    // Fetch's own words: code that tells a bad URL from a bad network looks for them.
    if (input.startsWith('/')) (cause as Error).message += ': a path alone names no service; call net.service(name).fetch(path)'
    throw new TypeError(`Failed to parse URL from ${input}`, { cause })
  }
  if (url.protocol === 'data:' || url.protocol === 'blob:') return undefined
  return targetOf(url)
}

/** To fetch this is no wrong argument but a network that cannot be reached, and code that tells the two apart looks for that. */
function unknownScheme({ href }: URL): TypeError {
  const facts = { service: doorName, sent: false, field: 'url' }
  return new TypeError('fetch failed', { cause: new MeshError('INVALID_CALL', `expected ${expectation}, got ${printValue(href)}`, facts) })
}

/**
 * The same for a URL that was parsed already.
 *
 * @throws TypeError when it has another scheme than http or https, or has credentials.
 */
export function targetOf(url: URL): UrlTarget {
  const { protocol } = url
  if (protocol !== 'http:' && protocol !== 'https:') throw unknownScheme(url)
  if (url.username !== '' || url.password !== '') {
    throw new TypeError(
      `${url.hostname}: input: expected a URL without credentials, got one that includes credentials: send them in an authorization header`,
    )
  }
  const origin = originOf(url, protocol)
  const href = withoutFragment(url)
  const path = href.slice(origin.text.length)
  return { origin, path, href }
}

function originOf(url: URL, protocol: 'http:' | 'https:'): UrlOrigin {
  const text = url.origin
  let origin = knownOrigins.get(text)
  if (origin === undefined) {
    origin = { protocol, hostname: url.hostname, port: url.port, host: url.host, text, badPort: isBadPort(url.port) }
    if (knownOrigins.size >= mostKnownOrigins) knownOrigins.clear()
    knownOrigins.set(text, origin)
  }
  return origin
}

function withoutFragment(url: URL): string {
  const { href } = url
  const mark = href.indexOf('#')
  return mark === -1 ? href : href.slice(0, mark)
}
