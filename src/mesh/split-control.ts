import { printValue } from '../errors/print-value.ts'
import type { Split } from '../routing/split.ts'
import type { SplitState } from '../routing/split-snapshot.ts'
import { checkRoute, type RoutedParts } from './route-control.ts'

/** A split, from the outside. */
export interface SplitSwitch {
  /** How it is; `undefined` where there is none. */
  readonly state: SplitState | undefined
  /**
   * All calls go to the stable version from now on, and the ramp stands still; does nothing when that is so.
   *
   * @throws TypeError when there is no split; MeshError when the mesh is closed, or the service not part of it any more.
   */
  readonly abort: () => void
  /**
   * An aborted split goes on where it was; what was held against its versions is forgotten. Does nothing when it was not aborted.
   *
   * @throws TypeError when there is no split; MeshError when the mesh is closed, or the service not part of it any more.
   */
  readonly resume: () => void
}

/**
 * The split of one service, from the outside: `net.service(name).split`. It is that of the service alone: routes with splits of their own go on as
 * they are, and `of(route)` is for these.
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
export interface SplitControl extends SplitSwitch {
  /**
   * The split that a route has of its own.
   *
   * @param route its name.
   * @throws TypeError when the service has no such route; MeshError when the mesh is closed, or the service not part of it any more.
   */
  readonly of: (route: string) => SplitSwitch
}

/**
 * Makes it.
 *
 * @param service for messages.
 * @param parts the plan that is in force.
 */
export function splitControl(service: string, parts: () => RoutedParts): SplitControl {
  const none = () => {
    const names = parts().routes.flatMap(({ name, own }) => (own.split === undefined ? [] : [printValue(name)]))
    const hint = names.length === 0 ? '' : `; split.of(...) is for those of its routes ${names.join(', ')}`
    return `a service with .split(...), got ${service}, which has none${hint}`
  }
  const { abort, resume } = splitSwitch(() => parts().split, none)
  return Object.freeze({
    abort,
    resume,
    get state() {
      return parts().split?.state
    },
    of(route: string) {
      checkRoute('split.of', service, route, parts())
      const own = () => parts().routes.find(({ name }) => name === route)?.own.split
      return splitSwitch(own, () => `a route with a split of its own, got ${printValue(route)} of ${service}, which has none`)
    },
  })
}

/** @param expected what is missing when there is no split, in words. */
function splitSwitch(running: () => Split | undefined, expected: () => string): SplitSwitch {
  const existing = (what: string): Split => {
    const split = running()
    if (split !== undefined) return split
    throw new TypeError(`split.${what}: expected ${expected()}`)
  }
  return Object.freeze({
    get state() {
      return running()?.state
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
