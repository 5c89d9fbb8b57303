import type { EventEmitter } from 'node:events'
import type { Readable } from 'node:stream'
import type { CallOptions } from '../call/call-options.ts'
import { readUsual } from '../fetch/url-target.ts'
import { type Dispatcher, request } from '../transport/load-undici.ts'
import type { MeshDispatcher } from './dispatcher.ts'

/** An interim reply, such as `103 Early Hints`. */
export interface InterimReply {
  /** 100-199. */
  readonly statusCode: number
  /** Names in lower case. */
  readonly headers: Record<string, string | string[]>
}

/** What a request may carry: what undici takes, and the global `FormData` and `URLSearchParams`. */
export type MeshRequestBody =
  | string
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | FormData
  | URLSearchParams
  | Iterable<string | Uint8Array>
  | AsyncIterable<string | Uint8Array>
  | Readable
  | NonNullable<Dispatcher.DispatchOptions['body']>

/** What `net.request` takes beside the URL: the options of `undici.request`, and those of the mesh. */
export interface MeshRequestOptions<Opaque = null> {
  /** @defaultValue `'GET'`; with a body `'PUT'`, as undici has it */
  readonly method?: string | undefined
  /** A record, names and values in turn, or anything that iterates over pairs, such as `Headers`. @defaultValue none */
  readonly headers?: Dispatcher.DispatchOptions['headers'] | Headers | undefined
  /** What to send. @defaultValue nothing */
  readonly body?: MeshRequestBody | null | undefined
  /** Added to a path that has no query. @defaultValue nothing */
  // biome-ignore lint/suspicious/noExplicitAny: as node:querystring takes it
  readonly query?: Record<string, any> | undefined
  /** Whether sending it twice does no more than sending it once. @defaultValue by its method */
  readonly idempotent?: boolean | undefined
  /** Ends the call; it rejects with exactly the signal's reason. @defaultValue none */
  readonly signal?: AbortSignal | EventEmitter | null | undefined
  /** How long the head of the reply may take, over all attempts, after a body in pieces is sent, in milliseconds. @defaultValue the deadline of the call */
  readonly headersTimeout?: number | null | undefined
  /** How long the body of the reply may stand still while it is read, in milliseconds. @defaultValue the service's `http.bodyTimeout` */
  readonly bodyTimeout?: number | null | undefined
  /** `true` closes the connection after the reply. @defaultValue `false` */
  readonly reset?: boolean | undefined
  /** Comes back with the result. @defaultValue `null` */
  readonly opaque?: Opaque | undefined
  /** Told of interim replies. @defaultValue nobody is */
  readonly onInfo?: ((info: InterimReply) => void) | undefined
  /** `'raw'` gives headers as a list, as the server spelled them. @defaultValue `null` */
  readonly responseHeaders?: 'raw' | null | undefined
  /** How much of the body is kept before the connection is paused, in bytes, over and above what the mesh keeps. @defaultValue 64 KiB */
  readonly highWaterMark?: number | undefined
  /** The options of the mesh for this call. @defaultValue those of the service */
  readonly mesh?: CallOptions | undefined
}

/**
 * `undici.request` through the mesh: the host of the URL names the service.
 *
 * It is the cheaper sibling of `net.fetch` for code that wants undici's own results: a status, headers as an object, and a body that is a Node
 * stream.
 *
 * @throws Error as `undici.request` does, with undici's codes, and with a `MeshError` as its `cause`.
 * @example
 * ```ts
 * import type { MeshRequest } from 'proxyless'
 *
 * async function order(request: MeshRequest, id: string): Promise<unknown> {
 *   const { statusCode, body } = await request(`http://orders/v1/${id}`, { mesh: { deadline: '300ms' } })
 *   if (statusCode === 200) return body.json()
 *   await body.dump()
 *   return undefined
 * }
 * ```
 */
export type MeshRequest = <Opaque = null>(
  url: string | URL,
  options?: MeshRequestOptions<Opaque>,
) => Promise<Dispatcher.ResponseData<Opaque>>

/**
 * Makes `net.request`.
 *
 * @param dispatcher of the same mesh.
 */
export function createRequest(dispatcher: MeshDispatcher): MeshRequest {
  const direct = dispatcher as unknown as Pick<Dispatcher, 'request'>
  return (url, options) => {
    const usual = typeof url === 'string' ? readUsual(url) : undefined
    if (usual === undefined || mayMeanMore(options)) return requestSlowly(dispatcher, url, options) as never
    const { origin, path } = usual
    const method = options?.method || (options?.body ? 'PUT' : 'GET')
    // What undici's own function does, without a `URL` for each call.
    return direct.request({ ...options, origin: origin.text, path, method } as never) as never
  }
}

/** Whether the options are more than those of a request: undici's own function minds them, or refuses them. */
function mayMeanMore(options: unknown): boolean {
  if (options === undefined) return false
  return typeof options !== 'object' || options === null || 'path' in options || 'agent' in options
}

/** Asynchronous, so that a bad URL, too, is a rejection. */
async function requestSlowly(dispatcher: MeshDispatcher, url: string | URL, options: object | undefined): Promise<unknown> {
  return request(url, { ...options, dispatcher } as never)
}
