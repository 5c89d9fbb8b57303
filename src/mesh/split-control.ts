import type { Split } from '../routing/split.ts'
import type { SplitState } from '../routing/split-snapshot.ts'

/**
 * The split of one service, from the outside: `net.service(name).split`.
 *
 * @example
 * ```ts
 * import type { Mesh } from 'proxyless'
 *
 * // A new version that was given up goes on where it was, once somebody has looked into it.
 * export function goOn(net: Mesh, service: string): void {
 *   const { split } = net.service(service)
 *   if (split.state === 'aborted') split.resume()
 * }
 * ```
 */
export interface SplitControl {
  /** How it is; `undefined` for a service without a split. */
  readonly state: SplitState | undefined
  /**
   * All calls go to the stable version from now on, and the ramp stands still; does nothing when that is so.
   *
   * @throws TypeError when the service has no split; MeshError when the mesh is closed, or the service not part of it any more.
   */
  readonly abort: () => void
  /**
   * An aborted split goes on where it was; what was held against its versions is forgotten. Does nothing when it was not aborted.
   *
   * @throws TypeError when the service has no split; MeshError when the mesh is closed, or the service not part of it any more.
   */
  readonly resume: () => void
}

/**
 * Makes it.
 *
 * @param service for messages.
 * @param running finds the split that is in force.
 */
export function splitControl(service: string, running: () => { split(): Split | undefined }): SplitControl {
  const existing = (what: string): Split => {
    const split = running().split()
    if (split !== undefined) return split
    throw new TypeError(`split.${what}: expected a service with .split(...), got ${service}, which has none`)
  }
  return Object.freeze({
    get state() {
      return running().split()?.state
    },
    abort: () => existing('abort').abort(),
    resume: () => existing('resume').resume(),
  })
}

/** Puts a split in force in place of another one; one that is the same as before goes on as it is. */
export function useSplit(next: Split | undefined, before: Split | undefined): void {
  if (next === before) return
  before?.close()
  next?.start()
}
