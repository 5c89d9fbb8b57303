import { Resolver as NodeResolver } from 'node:dns'
import { isIP } from 'node:net'
import type { ConfigProblem } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'
import { type Duration, durationMs } from '../runtime/duration.ts'
import { type Given, withDefaults } from '../runtime/with-defaults.ts'
import { duration, integerIn, type OptionRule, type OptionRules, oneOf, optionProblems, share, text } from './option-rules.ts'

/** How `dns()` asks, and what it makes of the answers. Every option has a default, see {@link dnsDefaults}. */
export interface DnsOptions {
  /**
   * The port of every endpoint. SRV records bring their own. Without one, the port of the protocol is used: 80, or 443.
   *
   * @defaultValue none
   */
  readonly port: number | undefined
  /** Which records say who serves: `'address'` (A and AAAA) or `'srv'`. @defaultValue {@link dnsDefaults}.records */
  readonly records: 'address' | 'srv'
  /** Which addresses to ask for: A, AAAA, or both. @defaultValue {@link dnsDefaults}.family */
  readonly family: 4 | 6 | 'any'
  /**
   * Who is asked. `'dns'` asks name servers, and learns how long an answer is valid. `'system'` asks as every other program on this machine
   * does, which knows `/etc/hosts`, `localhost` and search domains, but not how long an answer is valid, cannot be stopped half-way, and
   * works for address records only.
   *
   * @defaultValue {@link dnsDefaults}.lookup
   */
  readonly lookup: 'dns' | 'system'
  /** Name servers, such as `['10.0.0.2', '127.0.0.1:5353', '[::1]:53']`. @defaultValue those of the system */
  readonly servers: readonly string[] | undefined
  /** How to speak to the endpoints. @defaultValue `https` when the service has TLS settings, else `http` */
  readonly scheme: 'http' | 'https' | undefined
  /**
   * The name that the endpoints' certificates must carry.
   *
   * @defaultValue the name that was asked for; with SRV records without its leading labels that begin with `_`, since what a name server says
   *   about targets is no proof of who they are
   */
  readonly servername: string | undefined
  /** An answer is asked for again after its smallest TTL, but never sooner than this. @defaultValue {@link dnsDefaults}.minTtl */
  readonly minTtl: Duration
  /** ... and never later than this, so that new endpoints are seen though the TTL is long. @defaultValue {@link dnsDefaults}.maxTtl */
  readonly maxTtl: Duration
  /**
   * How often to ask where no TTL is known: SRV records (whose targets' TTLs can make it sooner), and `lookup: 'system'`.
   *
   * @defaultValue {@link dnsDefaults}.every
   */
  readonly every: Duration
  /** How soon to ask again after the answer that the name, or its records, do not exist. @defaultValue {@link dnsDefaults}.negativeTtl */
  readonly negativeTtl: Duration
  /** The share by which each of these waits is made longer at random, so that a fleet does not ask in step. @defaultValue {@link dnsDefaults}.jitter */
  readonly jitter: number
  /** How long a name server may take for the first try; each further try takes about twice as long. @defaultValue {@link dnsDefaults}.timeout */
  readonly timeout: Duration
  /** How often each name server is tried. @defaultValue {@link dnsDefaults}.tries */
  readonly tries: number
}

/** The defaults of {@link DnsOptions}. */
export const dnsDefaults: Readonly<DnsOptions> = Object.freeze({
  port: undefined,
  records: 'address',
  family: 'any',
  lookup: 'dns',
  servers: undefined,
  scheme: undefined,
  servername: undefined,
  minTtl: '1s',
  maxTtl: '1m',
  every: '30s',
  negativeTtl: '5s',
  jitter: 0.1,
  timeout: '2s',
  tries: 2,
})

/** The options with every default filled in and every duration in milliseconds. */
export interface DnsSettings extends Omit<DnsOptions, 'minTtl' | 'maxTtl' | 'every' | 'negativeTtl' | 'timeout'> {
  readonly name: string
  readonly minTtlMs: number
  readonly maxTtlMs: number
  readonly everyMs: number
  readonly negativeTtlMs: number
  readonly timeoutMs: number
}

/** Fills in the defaults. The options have been checked. */
export function dnsSettings(name: string, options: Given<DnsOptions> | undefined): DnsSettings {
  const all = withDefaults(dnsDefaults, options)
  return {
    ...all,
    // A trailing dot makes a name absolute, which the names here are anyway; certificates are without.
    name: name.endsWith('.') ? name.slice(0, -1) : name,
    minTtlMs: durationMs(all.minTtl, 'dns.minTtl'),
    maxTtlMs: durationMs(all.maxTtl, 'dns.maxTtl'),
    everyMs: durationMs(all.every, 'dns.every'),
    negativeTtlMs: durationMs(all.negativeTtl, 'dns.negativeTtl'),
    timeoutMs: Math.ceil(durationMs(all.timeout, 'dns.timeout')),
  }
}

const servers: OptionRule = (value) => {
  const expected = "a list of at least one IP address with or without a port, such as '127.0.0.1:5353'"
  if (!Array.isArray(value) || value.length === 0) return expected
  try {
    new NodeResolver().setServers(value)
    return undefined
  } catch {
    return expected
  }
}

const rules: OptionRules<DnsOptions> = {
  port: integerIn(1, 65_535),
  records: oneOf('address', 'srv'),
  family: oneOf(4, 6, 'any'),
  lookup: oneOf('dns', 'system'),
  servers,
  scheme: oneOf('http', 'https'),
  servername: text,
  minTtl: duration,
  maxTtl: duration,
  every: duration,
  negativeTtl: duration,
  jitter: share,
  timeout: duration,
  tries: integerIn(1, 10),
}

/** What is wrong with the arguments of `dns()`. */
export function dnsProblems(name: unknown, options: unknown): ConfigProblem[] {
  const problems = optionProblems(options, rules, 'dns')
  if (typeof name !== 'string' || (isIP(name) === 0 && !/^[^\s/?#@:[\]]+$/.test(name))) {
    problems.unshift({ path: 'dns', expected: "a name such as 'orders.internal', without port or protocol", received: printValue(name) })
  }
  const given = options as Given<DnsOptions> | undefined
  if (given?.records !== 'srv' || problems.length > 0) return problems
  if (given.lookup === 'system')
    problems.push({ path: 'dns.lookup', expected: "'dns' with records: 'srv'", received: printValue('system') })
  if (given.port !== undefined) {
    problems.push({ path: 'dns.port', expected: "none with records: 'srv', which bring their own", received: printValue(given.port) })
  }
  return problems
}
