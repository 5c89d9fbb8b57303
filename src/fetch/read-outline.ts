import { hasIdempotencyKey } from '../call/header-list.ts'
import { argumentError, doorName } from './argument-error.ts'
import type { MeshRequestInit } from './fetch-request.ts'
import { type MeshOptions, readMeshOptions } from './mesh-options.ts'
import { isIdempotent, readMethod } from './method.ts'
import { noOwnHeaders, readHeaders } from './own-headers.ts'
import { readTarget, type UrlTarget } from './url-target.ts'

/** What a call is, apart from its body, which is not looked at. */
export interface CallOutline {
  readonly target: UrlTarget
  readonly method: string
  /** The caller's headers, names and values in turn. */
  readonly headers: readonly string[]
  readonly mesh: MeshOptions
  readonly idempotent: boolean
  /** Whether the body could be sent a second time. */
  readonly bodyRepeats: boolean
}

/**
 * Reads what fetch takes, without beginning anything.
 *
 * @param input the URL, or a `Request`.
 * @param init the caller's options; they win over `input`.
 * @throws TypeError when one of them is not what fetch takes.
 */
export function readOutline(input: string | URL | Request, init?: MeshRequestInit): CallOutline {
  const request = typeof input === 'object' && input !== null && 'url' in input ? (input as Request) : undefined
  if (typeof input === 'symbol' || input === undefined) throw argumentError(doorName, 'input', 'a URL or a Request', input)
  const target = readTarget(request?.url ?? String(input))
  if (target === undefined) throw argumentError(doorName, 'input', 'an http or https URL', input)
  const service = target.origin.hostname
  const method = readMethod(service, init?.method ?? request?.method)
  const given = init?.headers ?? request?.headers
  const headers = given === undefined ? noOwnHeaders.list : readHeaders(service, given).list
  const mesh = readMeshOptions(service, init?.mesh)
  const body: unknown = init?.body ?? undefined
  return {
    target,
    method,
    headers,
    mesh,
    idempotent: mesh.idempotent ?? (isIdempotent(method) || hasIdempotencyKey(headers)),
    bodyRepeats: mesh.replayBytes > 0 || !isStream(body),
  }
}

function isStream(body: unknown): boolean {
  return typeof body === 'object' && body !== null && (body instanceof ReadableStream || Symbol.asyncIterator in body)
}
