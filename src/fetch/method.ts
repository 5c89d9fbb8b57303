import { argumentError } from './argument-error.ts'

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Those that fetch writes in capitals, however they came; `patch` is not among them. */
const normalized: ReadonlyMap<unknown, string> = new Map(
  ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'].flatMap((method) => [
    [method, method],
    [method.toLowerCase(), method],
  ]),
)

const forbidden: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK'])

const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/**
 * Reads a method.
 *
 * @throws TypeError when it is not one, or one that fetch does not send.
 */
export function readMethod(service: string, method: unknown): string {
  if (method === undefined) return 'GET'
  const known = normalized.get(method)
  if (known !== undefined) return known
  const text = typeof method === 'symbol' ? '' : String(method)
  if (!token.test(text)) throw argumentError(service, 'init.method', 'an HTTP method', method)
  const upper = text.toUpperCase()
  if (forbidden.has(upper)) throw argumentError(service, 'init.method', `a method other than ${[...forbidden].join(', ')}`, method)
  return normalized.get(upper) ?? text
}

/** Whether a request of this method has no body. */
export function isGetOrHead(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** Whether a request of this method may be sent in the mode `no-cors`: what the fetch standard calls a CORS-safelisted method. */
export function isSimple(method: string): boolean {
  return isGetOrHead(method) || method === 'POST'
}

/** Whether a method, by RFC 9110, does no more when it is sent twice than when it is sent once. */
export function isIdempotent(method: string): boolean {
  return idempotent.has(method)
}
