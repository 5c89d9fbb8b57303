import { Buffer } from 'node:buffer'
import type { Call } from '../call/call.ts'
import { headerOf } from '../call/header-list.ts'
import type { Reply } from '../call/reply.ts'
import { cookieOf } from '../call/request-cookie.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { printValue } from '../errors/print-value.ts'
import { type Duration, durationExpectation, readDuration } from '../runtime/duration.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import { makesParts } from '../runtime/part-factory.ts'
import type { Balancer, BalancerPart, Picker, PickQuery } from './balancer.ts'
import { cookieText } from './cookie.ts'
import { checkInner, innerDuties, makeInner } from './make-inner.ts'
import { sureOdds } from './odds.ts'
import { OptionChecks } from './option-checks.ts'

/** A cookie that names an endpoint. */
export interface AffinityCookie {
  /** The name of the cookie. */
  readonly name: string
  /** The paths that it is for; calls to others are not held to an endpoint. @defaultValue `'/'` */
  readonly path?: string | undefined
  /** How long a caller keeps it, in whole seconds. @defaultValue as long as the caller's session */
  readonly ttl?: Duration | undefined
  /** Whether a browser sends it over TLS only. @defaultValue `false` */
  readonly secure?: boolean | undefined
  /** Whether a browser sends it with requests that other sites cause; `'None'` takes `secure: true`. @defaultValue what the browser does by itself */
  readonly sameSite?: 'Strict' | 'Lax' | 'None' | undefined
}

/** What an {@link affinity} balancer goes by: a cookie or a header. */
export interface AffinityOptions {
  /** The cookie. */
  readonly cookie?: AffinityCookie | undefined
  /** The name of the header, in requests and replies. */
  readonly header?: string | undefined
  /**
   * `true`: a call whose endpoint is not there fails, rather than going to another one.
   *
   * @defaultValue {@link affinityDefaults}.strict
   */
  readonly strict?: boolean | undefined
}

/** The defaults of {@link AffinityOptions}. */
export const affinityDefaults = Object.freeze({ strict: false } as const)

const cookieOptions = ['name', 'path', 'ttl', 'secure', 'sameSite'] as const satisfies readonly (keyof AffinityCookie)[]
const sameSites: readonly string[] = ['Strict', 'Lax', 'None']

/** So many names that callers gave are remembered with what they stand for. */
const mostRemembered = 4_096
/** A longer one names nobody. */
const longestName = 512

/** Reads who a call is held to, and writes it into a reply. */
interface Carrier {
  /** Whether the call is held to an endpoint at all. */
  concerns(call: Call): boolean
  /** What the call says; `undefined` for nothing. */
  read(call: Call): string | undefined
  write(reply: Reply, value: string): Reply
}

class AffinityPicker implements Picker {
  readonly #endpoints: readonly Endpoint[]
  readonly #inner: Picker
  readonly #carrier: Carrier
  readonly #strict: boolean
  readonly #named = new Map<string, Endpoint | undefined>()

  constructor(endpoints: readonly Endpoint[], inner: Picker, carrier: Carrier, strict: boolean) {
    this.#endpoints = endpoints
    this.#inner = inner
    this.#carrier = carrier
    this.#strict = strict
  }

  pick(query: PickQuery): Endpoint | undefined {
    const value = this.#carrier.read(query.call)
    if (value === undefined) return this.#inner.pick(query)
    const named = this.#find(value)
    if (this.#strict) return named
    return named === undefined || query.isSpent(named) ? this.#inner.pick(query) : named
  }

  preparing(): Promise<void> | undefined {
    return this.#inner.preparing?.()
  }

  /** Looked for once: names come from outside, so those that are remembered are limited in number. */
  #find(value: string): Endpoint | undefined {
    if (value.length > longestName) return undefined
    if (this.#named.has(value)) return this.#named.get(value)
    const text = textOf(value)
    const found = this.#endpoints.find((endpoint) => nameOf(endpoint) === text)
    if (this.#named.size >= mostRemembered) this.#named.clear()
    this.#named.set(value, found)
    return found
  }
}

/**
 * Another balancer, but a call goes back to the endpoint that its caller was sent to before: a cookie or a header names it, as base64 of its
 * `host:port`, and the reply of another endpoint names that one from then on. For sessions that live in the memory of a server.
 *
 * The caller must send the cookie or the header back: a browser in front of you does that with the cookie of the reply, if you hand it through. Among
 * programs, the header is the simpler one.
 *
 * A call whose endpoint is gone, not fit, or tried already, or whose priority or place gets no calls at the moment, goes where the balancer inside
 * says; with `strict`, it fails with `NO_ENDPOINT` when the endpoint is not there or not fit, and is repeated there when it was tried. An
 * endpoint that is degraded is fit.
 *
 * Source: Envoy's stateful session (gRFC A55), with its format of cookies.
 *
 * @param balancer the balancer inside.
 * @param options a cookie or a header, see {@link AffinityOptions}.
 * @throws TypeError for an option that is not what it should be.
 * @example
 * ```ts
 * import { affinity, fixed, inFlight, mesh, powerOfTwo } from 'proxyless'
 *
 * const net = mesh()
 *   .service('carts', (s) =>
 *     s
 *       .resolve(fixed(['http://10.0.0.7:8080', 'http://10.0.0.8:8080']))
 *       .balance(affinity(powerOfTwo(inFlight()), { cookie: { name: 'carts-at', path: '/carts', ttl: '1h' } })),
 *   )
 *   .build()
 * ```
 */
export function affinity(balancer: BalancerPart, options: AffinityOptions): DescribedPart<Balancer> {
  const checks = new OptionChecks('affinity', options, ['cookie', 'header', 'strict'])
  checkInner('affinity', balancer)
  // Untyped code may give nothing.
  const { cookie, header, strict = affinityDefaults.strict } = options ?? {}
  if ((cookie === undefined) === (header === undefined)) throw new TypeError('affinity: expected either a cookie or a header')
  if (header !== undefined && !isToken(header)) checks.refuse('header', 'the name of a header')
  if (typeof strict !== 'boolean') checks.refuse('strict', 'true or false')
  const carrier = header === undefined ? cookieCarrier(cookie as AffinityCookie) : headerCarrier(header)
  return part('affinity', { balancer, ...(cookie && { cookie: { ...cookie } }), ...(header && { header }), strict }, (host) => {
    const inner = makeInner('affinity', balancer, host)
    const values = new WeakMap<Endpoint, string>()
    const textFor = (endpoint: Endpoint): string => {
      let value = values.get(endpoint)
      if (value === undefined) {
        value = Buffer.from(nameOf(endpoint), 'latin1').toString('base64')
        values.set(endpoint, value)
      }
      return value
    }
    const duties = innerDuties(inner)
    let everybody: readonly Endpoint[] = []
    let byName: ReadonlyMap<string, Endpoint> | undefined
    return {
      ...duties,
      name: `affinity of ${inner.name}`,
      noticed(endpoints, isFit) {
        if (endpoints !== everybody) [everybody, byName] = [endpoints, undefined]
        duties.noticed?.(endpoints, isFit)
      },
      heldTo(call) {
        const value = carrier.read(call)
        if (value === undefined || value.length > longestName) return undefined
        // Made when the first call asks; of two of one name, the first counts.
        byName ??= new Map([...everybody].reverse().map((endpoint) => [nameOf(endpoint), endpoint]))
        return byName.get(textOf(value))
      },
      picker: (endpoints) => new AffinityPicker(endpoints, inner.picker(endpoints), carrier, strict),
      odds(endpoints, query) {
        const value = carrier.read(query.call)
        const text = value === undefined || value.length > longestName ? undefined : textOf(value)
        const named = endpoints.find((endpoint) => nameOf(endpoint) === text)
        if (named !== undefined && (strict || !query.isSpent(named))) return sureOdds(endpoints, named)
        // Where the endpoint is not among these, it may be among others.
        return strict && value !== undefined ? undefined : inner.odds?.(endpoints, query)
      },
      amend(attempt, reply) {
        const amended = duties.amend?.(attempt, reply) ?? reply
        const value = textFor(attempt.endpoint)
        return carrier.concerns(attempt.call) && carrier.read(attempt.call) !== value ? carrier.write(amended, value) : amended
      },
    }
  })
}

/** What names an endpoint: `host:port`, as in Envoy, or its whole address if it is a UNIX socket. */
function nameOf({ hostname, port, socketPath, address }: Endpoint): string {
  if (socketPath !== undefined) return address
  return hostname.includes(':') ? `[${hostname}]:${port}` : `${hostname}:${port}`
}

function textOf(value: string): string {
  return Buffer.from(value, 'base64').toString('latin1')
}

function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(value)
}

function headerCarrier(header: string): Carrier {
  const name = header.toLowerCase()
  return {
    concerns: () => true,
    read: ({ headers }) => headerOf(headers, name),
    write: (reply, value) => ({ ...reply, headers: { ...reply.headers, [name]: value } }),
  }
}

function cookieCarrier(cookie: AffinityCookie): Carrier {
  new OptionChecks('affinity: cookie', cookie, cookieOptions)
  const { name, path = '/', ttl, secure = false, sameSite } = cookie ?? {}
  const ttlMs = ttl === undefined ? undefined : readDuration(ttl)
  const refuse = (field: string, expected: string, got: unknown): never => {
    throw new TypeError(`affinity: cookie.${field}: expected ${expected}, got ${printValue(got)}`)
  }
  if (!isToken(name)) refuse('name', 'the name of a cookie', name)
  if (typeof path !== 'string' || !/^\/[^;\s]*$/.test(path)) refuse('path', "a path that begins with '/'", path)
  if (ttl !== undefined && !(ttlMs !== undefined && ttlMs >= 1_000 && ttlMs < Number.POSITIVE_INFINITY)) {
    refuse('ttl', `${durationExpectation}, in [1000 ms, Infinity)`, ttl)
  }
  if (typeof secure !== 'boolean') refuse('secure', 'true or false', secure)
  if (sameSite !== undefined && !sameSites.includes(sameSite))
    refuse('sameSite', sameSites.map((site) => `'${site}'`).join(' | '), sameSite)
  if (sameSite === 'None' && !secure) refuse('secure', "true, because sameSite is 'None'", secure)
  const attributes = { path, ttlMs, secure, sameSite }
  return {
    concerns: (call) => isWithin(call.path, path),
    read: (call) => (isWithin(call.path, path) ? cookieOf(call.headers, name) : undefined),
    write(reply, value) {
      const before = reply.headers['set-cookie']
      const kept = before === undefined ? [] : typeof before === 'string' ? [before] : before
      return { ...reply, headers: { ...reply.headers, 'set-cookie': [...kept, cookieText(name, value, attributes)] } }
    },
  }
}

/** Whether a cookie for `path` is for a request to `requested` (RFC 6265, 5.1.4). */
function isWithin(requested: string, path: string): boolean {
  if (!requested.startsWith(path)) return false
  if (path.endsWith('/') || requested.length === path.length) return true
  const next = requested[path.length]
  return next === '/' || next === '?'
}

makesParts(affinity)
