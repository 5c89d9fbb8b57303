import type { Call } from '../call/call.ts'
import { hashKey } from '../call/call-options.ts'
import { clientAddress } from '../call/inbound-call.ts'
import { printValue } from '../errors/print-value.ts'
import { hearLateRejection } from '../runtime/late-rejection.ts'
import type { Random } from '../runtime/random.ts'
import { absorb, emptyHash, mixBits } from './hash.ts'
import { QueryName } from './query-name.ts'

/**
 * What of a call is hashed:
 * - `{ header: 'x-user-id' }`: a header; several values count as one list, with a comma and a space between, as `fetch` writes it.
 * - `{ cookie: 'session' }`: a cookie, in quotes or without; of several, the first.
 * - `{ query: 'user' }`: a parameter of the query. Its name may be written as it is, percent-encoded, or with `+` for spaces; its value is hashed as it
 *   is written in the URL.
 * - `'path'`: the path without the query.
 * - `'client'`: the address of the client of the server in which the call is made, as `inbound()` captures it: a source-IP hash.
 * - `'key'`: nothing but the `hashKey` that a caller may give with a call.
 * - a function of the call, such as `(call) => call.path.split('/')[2]`.
 *
 * A call with a `hashKey` of its own (`init.mesh.hashKey`) is hashed on that alone, whatever stands here.
 *
 * One that is missing, empty or `NaN` does not count. With `terminal: true`, those after it count only if it does not.
 */
export type HashSource =
  | 'path'
  | 'client'
  | 'key'
  | { readonly header: string; readonly terminal?: boolean | undefined }
  | { readonly cookie: string; readonly terminal?: boolean | undefined }
  | { readonly query: string; readonly terminal?: boolean | undefined }
  | ((call: Call) => string | number | undefined)

/** One source, or several that count together, in their order. */
export type HashOn = HashSource | readonly HashSource[]

/** Answered by a hash of a source that does not count. */
const missing = undefined

/** Half of a pair, which no URL can hold. */
const loneSurrogate = /\p{Surrogate}/u

/** What may name a header or a cookie. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** 32 bits with a sign, see {@link mixBits}. */
type SourceHash = (call: Call) => number | undefined

interface CompiledSource {
  readonly hash: SourceHash
  readonly terminal: boolean
}

/** Hashes calls. */
export class CallHash {
  readonly #sources: readonly CompiledSource[]
  readonly #draws: Random

  /**
   * @param sources see {@link HashOn}.
   * @param draws where the hash of a call comes from that has nothing to hash.
   */
  constructor(sources: readonly CompiledSource[], draws: Random) {
    this.#sources = sources
    this.#draws = draws
  }

  /** The hash of a call, a whole number in [0, 2^32): any, if it has nothing of what is hashed. */
  of(call: Call): number {
    return this.bitsOf(call) >>> 0
  }

  /** The same bits with a sign, see {@link mixBits}: for who asks for each call. */
  bitsOf(call: Call): number {
    return this.saidBitsOf(call) ?? this.anyBits()
  }

  /** Bits for a call that has nothing of what is hashed. */
  anyBits(): number {
    return Math.floor(this.#draws.next() * 2 ** 32) | 0
  }

  /** The same for somebody who only looks: `undefined`, if it has nothing of what is hashed. */
  peek(call: Call): number | undefined {
    const said = this.saidBitsOf(call)
    return said === missing ? said : said >>> 0
  }

  /** As {@link CallHash.bitsOf}; `undefined`, if it has nothing of what is hashed. */
  saidBitsOf(call: Call): number | undefined {
    const key = call.context.get(hashKey)
    if (key !== undefined) return mixBits(absorb(emptyHash, key))
    let combined: number | undefined
    for (let i = 0; i < this.#sources.length; i += 1) {
      const { hash, terminal } = this.#sources[i] as CompiledSource
      const one = hash(call)
      if (one === missing) continue
      combined = combined === missing ? one : ((combined << 1) | (combined >>> 31)) ^ one
      if (terminal) break
    }
    return combined
  }
}

/**
 * Reads what a balancer hashes on.
 *
 * @param part the name of the balancer, for messages.
 * @param hashOn see {@link HashOn}.
 * @returns makes the hash of a balancer.
 * @throws TypeError when it is not what it should be.
 */
export function readHashOn(part: string, hashOn: HashOn): (draws: Random) => CallHash {
  const sources: readonly unknown[] = Array.isArray(hashOn) ? hashOn : [hashOn]
  if (sources.length === 0) throw new TypeError(`${part}: hashOn: expected at least one source, got none`)
  const compiled = sources.map((source) => compile(part, source))
  return (draws) => new CallHash(compiled, draws)
}

function compile(part: string, source: unknown): CompiledSource {
  if (source === 'key') return { hash: () => missing, terminal: false }
  if (source === 'path') return { hash: pathHash, terminal: false }
  if (source === 'client') return { hash: clientHash, terminal: false }
  if (typeof source === 'function') return { hash: functionHash(source as (call: Call) => unknown), terminal: false }
  if (typeof source === 'object' && source !== null) {
    const { terminal = false, ...kind } = source as { terminal?: unknown } & Record<string, unknown>
    const [entry, ...others] = Object.entries(kind)
    const [name, value] = entry ?? []
    if (others.length === 0 && typeof value === 'string' && value !== '' && typeof terminal === 'boolean') {
      // A header or a cookie of another name is never there, and every call would go anywhere.
      if (name === 'header' && token.test(value)) return { hash: headerHash(value), terminal }
      if (name === 'cookie' && token.test(value)) return { hash: cookieHash(value), terminal }
      if (name === 'query' && !loneSurrogate.test(value)) return { hash: queryHash(value), terminal }
    }
  }
  const expected = "{ header: name }, { cookie: name }, { query: name }, 'path', 'client', 'key', or a function of the call"
  throw new TypeError(`${part}: hashOn: expected ${expected}, got ${printValue(source)}`)
}

function pathHash({ path }: Call): number | undefined {
  const end = path.indexOf('?')
  return mixBits(absorb(emptyHash, path, 0, end < 0 ? path.length : end))
}

function clientHash({ context }: Call): number | undefined {
  const address = context.get(clientAddress)
  return address === undefined || address === '' ? missing : mixBits(absorb(emptyHash, address))
}

function functionHash(source: (call: Call) => unknown): SourceHash {
  return (call) => {
    const value = source(call)
    if (value === undefined || value === '' || Number.isNaN(value)) return missing
    if (typeof value !== 'string' && typeof value !== 'number') {
      hearLateRejection(value)
      throw new TypeError(`hashOn: expected the function to answer with a text, a number or undefined, got ${printValue(value)}`)
    }
    return mixBits(absorb(emptyHash, String(value)))
  }
}

function headerHash(header: string): SourceHash {
  const name = header.toLowerCase()
  return ({ headers }) => {
    let state = emptyHash
    let empty = true
    for (let i = 0; i < headers.length; i += 2) {
      const written = headers[i] as string
      if (!isNamed(written, name) || headers[i + 1] === '') continue
      // As the Headers of fetch write it, so that a call goes to the same place whichever way it is made.
      if (!empty) state = absorb(state, ', ')
      empty = false
      state = absorb(state, headers[i + 1] as string)
    }
    return empty ? missing : mixBits(state)
  }
}

/** Whether a header has a name, which is in lower case; `toLowerCase()` would allocate a text for every header of the same length. */
function isNamed(written: string, name: string): boolean {
  if (written.length !== name.length) return false
  for (let i = 0; i < name.length; i += 1) {
    const code = written.charCodeAt(i)
    if ((code >= 65 && code <= 90 ? code + 32 : code) !== name.charCodeAt(i)) return false
  }
  return true
}

function cookieHash(cookie: string): SourceHash {
  return ({ headers }) => {
    for (let i = 0; i < headers.length; i += 2) {
      const written = headers[i] as string
      if (!isNamed(written, 'cookie')) continue
      const hash = cookieValueHash(headers[i + 1] as string, cookie)
      if (hash !== missing) return hash
    }
    return missing
  }
}

/** The hash of a cookie's value, found without cutting the text up: without white space around it, and without quotes, as `affinity` reads it. */
function cookieValueHash(text: string, name: string): number | undefined {
  for (let start = 0; start < text.length; ) {
    start = skipBlanks(text, start)
    const next = text.indexOf(';', start)
    const last = next < 0 ? text.length : next
    const equals = text.startsWith(name, start) ? skipBlanks(text, start + name.length) : last
    if (equals < last && text[equals] === '=') {
      let from = Math.min(skipBlanks(text, equals + 1), last)
      let end = last
      while (end > from && isBlank(text.charCodeAt(end - 1))) end -= 1
      if (end - from > 1 && text[from] === '"' && text[end - 1] === '"') [from, end] = [from + 1, end - 1]
      if (end > from) return mixBits(absorb(emptyHash, text, from, end))
    }
    start = last + 1
  }
  return missing
}

function skipBlanks(text: string, from: number): number {
  let at = from
  while (at < text.length && isBlank(text.charCodeAt(at))) at += 1
  return at
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9
}

function queryHash(query: string): SourceHash {
  const name = new QueryName(query)
  return ({ path }) => {
    const start = path.indexOf('?')
    return start < 0 ? missing : parameterHash(path, start + 1, name)
  }
}

/** The hash of the value of `name=value` among the parameters of a query, found without cutting the text up. */
function parameterHash(text: string, from: number, name: QueryName): number | undefined {
  for (let start = from; start < text.length; ) {
    const next = text.indexOf('&', start)
    const end = next < 0 ? text.length : next
    const value = name.valueIn(text, start)
    if (value >= 0 && value < end) return mixBits(absorb(emptyHash, text, value, end))
    start = end + 1
  }
  return missing
}
