/**
 * The fetch door: WHATWG fetch over the mesh, with the global `Request`, `Headers`, `FormData`, `Blob` and `Response`.
 *
 * It turns what fetch takes into a call, hands that to whoever carries the calls of the URL's host, and turns the reply into a response.
 * It makes no `Request`, no `URL`, no `Headers` and no stream that nobody asked for.
 */

import type { MeshError } from '../errors/mesh-error.ts'
import type { Clock } from '../runtime/clock.ts'
import { argumentError, doorName } from './argument-error.ts'
import type { Destination, DestinationFinder } from './destination.ts'
import { FetchDoor } from './fetch-door.ts'
import { type MeshRequestInit, readRequest } from './fetch-request.ts'
import { readTarget, type UrlTarget } from './url-target.ts'

/**
 * Fetch through the mesh: the host of the URL names the service.
 *
 * It behaves like the built-in `fetch` and fits wherever a client library takes a fetch function. `data:` and `blob:` URLs are left to the
 * built-in one.
 *
 * @throws TypeError for arguments that fetch would not take, or, with a `MeshError` as its `cause`, when no reply came; exactly the reason
 * of the caller's signal when that ended the call.
 * @example
 * ```ts
 * import type { MeshFetch } from 'proxyless'
 *
 * async function order(fetch: MeshFetch, id: string): Promise<unknown> {
 *   const response = await fetch(`http://orders/v1/${id}`, { mesh: { deadline: '300ms' } })
 *   return response.ok ? response.json() : undefined
 * }
 * ```
 */
export type MeshFetch = (input: string | URL | Request, init?: MeshRequestInit) => Promise<Response>

/** Fetch from one service, by path and query, which begin with `/`. */
export type ServiceFetch = (path: `/${string}`, init?: MeshRequestInit) => Promise<Response>

export type { MeshRequestInit } from './fetch-request.ts'

/** Taken when this module is loaded: whoever puts `net.fetch` in the place of the global one would otherwise go round in circles. */
const builtInFetch = globalThis.fetch

/**
 * Makes `net.fetch`.
 *
 * @param finder knows who carries the calls to a host.
 * @param clock tells when a call begins.
 */
export function createFetch(finder: DestinationFinder, clock: Clock): MeshFetch {
  const door = new FetchDoor(finder, clock)
  return function fetch(input, init = undefined) {
    // Not an async function: every call would pay for its frame, and for another promise.
    try {
      const request = isRequest(input) ? input : undefined
      const target = readTarget(request === undefined ? toText(input) : request.url)
      if (target === undefined) return builtInFetch(input, init as RequestInit)
      return door.carry(readRequest(target, request, init))
    } catch (error) {
      return Promise.reject(error)
    }
  }
}

/**
 * Makes `net.service(name).fetch`.
 *
 * @param finder for redirects to other hosts.
 * @param clock tells when a call begins.
 * @param service the logical name, which stands as host in the response's `url`.
 * @param destination who carries the calls at the moment.
 */
export function createServiceFetch(
  finder: DestinationFinder,
  clock: Clock,
  service: string,
  destination: () => Destination | MeshError,
): ServiceFetch {
  const door = new FetchDoor(finder, clock)
  return function fetch(path, init) {
    try {
      if (typeof path !== 'string' || !path.startsWith('/')) {
        throw argumentError(service, 'path', "a path that begins with '/', such as '/v1/42'", path)
      }
      return door.carry(readRequest(readTarget(`http://${service}${path}`) as UrlTarget, undefined, init), destination())
    } catch (error) {
      return Promise.reject(error)
    }
  }
}

function toText(input: unknown): string {
  if (typeof input === 'string') return input
  if (input instanceof URL) return input.href
  if (typeof input === 'symbol' || input === undefined) throw argumentError(doorName, 'input', 'a URL or a Request', input)
  return String(input)
}

/** A `Request`, the global one or that of a library. */
function isRequest(input: unknown): input is Request {
  if (typeof input !== 'object' || input === null) return false
  return input instanceof Request || ((input as Record<symbol, unknown>)[Symbol.toStringTag] === 'Request' && 'url' in input)
}
