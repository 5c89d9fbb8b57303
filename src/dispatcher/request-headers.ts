import { errors } from '../transport/load-undici.ts'
import { invalidRequest } from './undici-error.ts'

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const badValue = /[^\t\x20-\x7e\x80-\xff]/
const digits = /^\d+$/

/** Headers as the caller of an undici dispatcher gave them, checked by undici's own rules. */
export class RequestHeaders {
  /** Names, as written, and values in turn. */
  readonly list: string[] = []
  /** Whether the caller named the type of the body. */
  hasType = false
  /** The caller's `content-length`. */
  length: number | undefined
  #hasHost = false

  /** Adds a header that is known to be right. */
  add(name: string, value: string): void {
    this.list.push(name, value)
  }

  /**
   * Adds a header of the caller's, with one value or several.
   *
   * @throws UndiciError when it cannot be sent.
   */
  append(name: unknown, value: unknown): void {
    if (value === undefined) return
    if (typeof name !== 'string' || !token.test(name)) throw invalidRequest('invalid header key')
    const lower = name.toLowerCase()
    if (Array.isArray(value)) {
      if (lower === 'host' || lower === 'connection' || lower === 'content-length') throw invalidRequest(`invalid ${lower} header`)
      for (const each of value) this.#push(name, lower, each)
    } else this.#push(name, lower, value)
  }

  #push(name: string, lower: string, value: unknown): void {
    if (typeof value === 'object' && value !== null) throw invalidRequest(`invalid ${name} header`)
    const text = value === null ? '' : typeof value === 'string' ? value : `${value as number}`
    if (badValue.test(text)) throw invalidRequest(`invalid ${name} header`)
    switch (lower) {
      case 'host':
        if (this.#hasHost) throw invalidRequest('duplicate host header')
        this.#hasHost = true
        break
      case 'content-length':
        if (this.length !== undefined) throw invalidRequest('duplicate content-length header')
        if (!digits.test(text)) throw invalidRequest('invalid content-length header')
        this.length = Number(text)
        break
      case 'content-type':
        this.hasType = true
        break
      case 'connection':
        if (!text.split(',').every((option) => token.test(option.trim()))) throw invalidRequest('invalid connection header')
        break
      case 'transfer-encoding':
      case 'keep-alive':
      case 'upgrade':
        throw invalidRequest(`invalid ${lower} header`)
      case 'expect':
        throw new errors.NotSupportedError('expect header not supported')
      default:
    }
    this.list.push(name, text)
  }
}

/**
 * Reads what undici takes as headers: names and values in turn, anything that iterates over pairs (`Headers`, a `Map`), or a record.
 *
 * @throws UndiciError when one cannot be sent.
 */
export function readRequestHeaders(given: unknown): RequestHeaders {
  const headers = new RequestHeaders()
  if (given === undefined || given === null) return headers
  if (typeof given !== 'object') throw invalidRequest('headers must be an object or an array')
  if (Array.isArray(given) && !given.every(Array.isArray)) {
    if (given.length % 2 !== 0) throw invalidRequest('headers array must be even')
    for (let i = 0; i < given.length; i += 2) headers.append(given[i], given[i + 1])
  } else if (isIterable(given)) {
    for (const pair of given) {
      if (!Array.isArray(pair) || pair.length !== 2) throw invalidRequest('headers must be in key-value pair format')
      headers.append(pair[0], pair[1])
    }
  } else {
    for (const name of Object.keys(given)) headers.append(name, (given as Record<string, unknown>)[name])
  }
  return headers
}

/** Whether it iterates by itself or by its class: a record must not become something else because somebody wrote to `Object.prototype`. */
function isIterable(given: object): given is Iterable<unknown> {
  if (Object.hasOwn(given, Symbol.iterator)) return true
  const prototype: unknown = Object.getPrototypeOf(given)
  return prototype !== null && prototype !== Object.prototype && typeof (given as Iterable<unknown>)[Symbol.iterator] === 'function'
}
