import type { CallOptions } from '../call/call-options.ts'
import { type Dispatcher, request } from '../transport/load-undici.ts'
import type { MeshDispatcher } from './dispatcher.ts'

/** What `net.request` takes beside the URL: the options of `undici.request`, and those of the mesh. */
export interface MeshRequestOptions<Opaque = null>
  extends Omit<Dispatcher.RequestOptions<Opaque>, 'origin' | 'path' | 'method' | 'body'>,
    Partial<Pick<Dispatcher.RequestOptions<Opaque>, 'method'>> {
  /** What to send; beside what undici takes, also the global `FormData` and `Blob`, and iterables. @defaultValue nothing */
  // biome-ignore lint/suspicious/noExplicitAny: an iterable of whatever a buffer can be made of
  body?: Dispatcher.DispatchOptions['body'] | FormData | Blob | ArrayBuffer | URLSearchParams | Iterable<any> | AsyncIterable<any>
  /** The options of the mesh for this call. */
  mesh?: CallOptions | undefined
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
  // Asynchronous, so that a bad URL, too, is a rejection.
  return async (url, options) => request(url, { ...options, dispatcher } as never) as never
}
