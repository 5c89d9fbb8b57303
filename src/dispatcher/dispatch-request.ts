import { stringify } from 'node:querystring'
import { hasIdempotencyKey } from '../call/header-list.ts'
import { type MeshOptions, readMeshOptions } from '../fetch/mesh-options.ts'
import { isIdempotent } from '../fetch/method.ts'
import type { UrlOrigin } from '../fetch/url-target.ts'
import { errors } from '../transport/load-undici.ts'
import { type RequestBody, readRequestBody } from './request-body.ts'
import { type RequestHeaders, readRequestHeaders } from './request-headers.ts'
import { readOrigin } from './request-origin.ts'
import { invalidRequest } from './undici-error.ts'

/** The options of a dispatch, checked. */
export interface DispatchRequest {
  readonly origin: UrlOrigin
  /** Path and query. */
  readonly path: string
  readonly method: string
  /** With what the body adds to them. */
  readonly headers: readonly string[]
  readonly body: RequestBody
  readonly idempotent: boolean
  /** How long the head of the reply may take, in milliseconds; 0 for no limit of the request's own. */
  readonly headersTimeoutMs: number
  /** How long the body of the reply may stand still, in milliseconds; 0 for no limit of the request's own. */
  readonly bodyTimeoutMs: number
  readonly mesh: MeshOptions
}

const badPath = /[^\u0021-\u00ff]/
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

type Options = Readonly<Record<string, unknown>>

/**
 * Reads the options of a dispatch, by undici's own rules: whatever undici would refuse is refused here, before an endpoint is asked.
 *
 * @throws UndiciError when one of them cannot be honoured. Nothing has been read or sent then.
 */
export function readDispatch(given: unknown): DispatchRequest {
  if (typeof given !== 'object' || given === null) throw invalidRequest('opts must be an object.')
  const options = given as Options
  const origin = readOrigin(options.origin)
  const { method } = options
  if (typeof method !== 'string') throw invalidRequest('method must be a string')
  if (!token.test(method)) throw invalidRequest('invalid request method')
  refuseUpgrade(method, options.upgrade)
  refuseRest(options)
  const path = readPath(options)
  const headers = readRequestHeaders(options.headers)
  if (options.reset === true) headers.add('connection', 'close')
  const body = readRequestBody(options.body, headers.length)
  return {
    origin,
    path,
    method,
    headers: withBody(method, headers, body),
    body,
    idempotent: readIdempotent(options, method, headers.list),
    headersTimeoutMs: readTimeout(options, 'headersTimeout'),
    bodyTimeoutMs: readTimeout(options, 'bodyTimeout'),
    mesh: readMesh(origin, options.mesh),
  }
}

function readPath({ path, query }: Options): string {
  if (typeof path !== 'string') throw invalidRequest('path must be a string')
  if (!path.startsWith('/')) throw invalidRequest('path must start with a slash')
  if (badPath.test(path)) throw invalidRequest('invalid request path')
  if (query === undefined || query === null) return path
  if (path.includes('?') || path.includes('#')) {
    throw invalidRequest('Query params cannot be passed when url already contains "?" or "#".')
  }
  const text = stringify(query as Record<string, never>)
  return text === '' ? path : `${path}?${text}`
}

/** An upgraded connection is the endpoint's, not a call's: it has no reply to judge, and nothing to be repeated. */
function refuseUpgrade(method: string, upgrade: unknown): void {
  if (method !== 'CONNECT' && (upgrade === undefined || upgrade === null || upgrade === false || upgrade === '')) return
  const what = method === 'CONNECT' ? 'CONNECT' : 'upgrades such as WebSocket'
  throw new errors.NotSupportedError(`the dispatcher of a mesh does not carry ${what}: use a dispatcher of undici for it`)
}

function refuseRest({ expectContinue, maxRedirections, throwOnError, typeOfService, reset }: Options): void {
  if (throwOnError !== undefined && throwOnError !== null) throw invalidRequest('invalid throwOnError')
  if (maxRedirections !== undefined && maxRedirections !== null && maxRedirections !== 0) {
    throw invalidRequest('maxRedirections is not supported, use the redirect interceptor')
  }
  if (reset !== undefined && reset !== null && typeof reset !== 'boolean') throw invalidRequest('invalid reset')
  if (expectContinue !== undefined && expectContinue !== null && typeof expectContinue !== 'boolean') {
    throw invalidRequest('invalid expectContinue')
  }
  if (typeOfService !== undefined && typeOfService !== null && !isByte(typeOfService)) {
    throw invalidRequest('typeOfService must be an integer between 0 and 255')
  }
}

function isByte(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255
}

function readTimeout(options: Options, name: 'headersTimeout' | 'bodyTimeout'): number {
  const value = options[name]
  if (value === undefined || value === null) return 0
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw invalidRequest(`invalid ${name}`)
  return value
}

function readIdempotent({ idempotent }: Options, method: string, headers: readonly string[]): boolean {
  if (typeof idempotent === 'boolean') return idempotent
  return isIdempotent(method) || method === 'QUERY' || hasIdempotencyKey(headers)
}

function readMesh(origin: UrlOrigin, mesh: unknown): MeshOptions {
  try {
    return readMeshOptions(origin.hostname, mesh, 'opts.mesh')
  } catch (error) {
    throw invalidRequest((error as Error).message)
  }
}

/** Methods for which undici sends the true length, whatever the caller says. */
const lengthIgnored: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

function withBody(method: string, headers: RequestHeaders, { body, contentType }: RequestBody): readonly string[] {
  if (contentType !== undefined && !headers.hasType) headers.append('content-type', contentType)
  if (headers.length === undefined) {
    // Of a body that comes in pieces the transport does not know the length, though we may.
    if (!body.whole && body.length !== undefined) headers.add('content-length', String(body.length))
  } else if (body.length !== headers.length && body.length !== undefined && body.length > 0 && !lengthIgnored.has(method)) {
    throw new errors.RequestContentLengthMismatchError()
  }
  return headers.list
}
