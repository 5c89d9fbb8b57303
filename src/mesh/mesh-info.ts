import { MeshError } from '../errors/mesh-error.ts'
import { LeanResponse } from '../fetch/lean-response.ts'
import { CallTag, recordOfError } from '../records/call-teller.ts'
import type { DecisionRecord } from '../records/decision-record.ts'

/**
 * Why a call ended as it did: where its attempts went, how each was judged, what it waited for, which endpoints were passed over and why, and where the
 * time went. Nothing of that is built for a call that nobody asks about.
 *
 * Attempts, waits and the deadline are what the call remembers. Which endpoints were passed over, and how the service is, are read when
 * this is called, or, for a call that left a record in `net.recent()` when it failed, when it did. While the body is on its way, its time is that so far.
 *
 * @param of what `net.fetch` resolved with (or a clone of it), what `net.request` resolved with, or what either threw.
 * @returns `undefined` for anything else, and for an error of a call that no service took.
 * @example
 * ```ts
 * import { type Mesh, meshInfo, printRecord } from 'proxyless'
 *
 * async function order(net: Mesh, id: string): Promise<Response> {
 *   const response = await net.fetch(`http://orders/v1/${id}`)
 *   const info = meshInfo(response)
 *   if (info !== undefined && info.time.totalMs > 500) console.log(printRecord(info))
 *   return response
 * }
 * ```
 */
export function meshInfo(of: unknown): DecisionRecord | undefined {
  if (typeof of !== 'object' || of === null) return undefined
  const told = LeanResponse.callOf(of) ?? CallTag.of((of as { context?: unknown }).context) ?? CallTag.of(of)
  if (told !== undefined) return told.teller.describe(told.call, told.ending)
  const error = MeshError.from(of)
  return error === undefined ? undefined : recordOfError(error)
}
