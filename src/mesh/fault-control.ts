import { printValue } from '../errors/print-value.ts'
import type { FaultInjector } from '../policies/fault/fault-injector.ts'
import { checkRoute, type RoutedParts } from './route-control.ts'

/** Faults, to be turned on and off while the mesh runs. */
export interface FaultSwitch {
  /** Whether attempts get faults now; `false` where the plan has none. */
  readonly enabled: boolean
  /**
   * Turns the faults of the plan on. It stays so until {@link disable}, or until a plan with other faults is applied.
   *
   * @throws TypeError when the plan has no faults here, or does not allow them in production; then nothing was turned on. MeshError when the mesh is
   * closed, or the service not part of it any more.
   */
  enable(): void
  /**
   * Turns them off, at once: attempts that begin from now on get none. It stays so until {@link enable}, or until a plan with other faults is applied.
   *
   * @throws MeshError when the mesh is closed, or the service not part of it any more.
   */
  disable(): void
}

/**
 * The faults of one service, from the outside: `net.service(name).fault`. It turns all of them on and off, those of routes that have their own included, so
 * that a rehearsal is ended by one call; `enabled` is whether any are on. `of(route)` is for those of one route alone.
 *
 * @example
 * ```ts
 * import type { Mesh } from 'proxyless'
 *
 * // A rehearsal that ends by itself.
 * export function rehearse(net: Mesh, ms: number): void {
 *   const { fault } = net.service('orders')
 *   fault.enable()
 *   setTimeout(() => fault.disable(), ms)
 * }
 * ```
 */
export interface FaultControl extends FaultSwitch {
  /**
   * The faults that a route has of its own.
   *
   * @param route its name.
   * @throws TypeError when the service has no such route; MeshError when the mesh is closed, or the service not part of it any more.
   */
  of(route: string): FaultSwitch
}

/**
 * @param service for messages.
 * @param parts the plan that is in force.
 */
export function faultControl(service: string, parts: () => RoutedParts): FaultControl {
  const all = () => {
    const { fault, routes } = parts()
    return [fault, ...routes.map(({ own }) => own.fault)].filter((injector) => injector !== undefined)
  }
  const { enable, disable } = faultSwitch(`a service with .fault(...), got ${printValue(service)} without`, all)
  return Object.freeze({
    enable,
    disable,
    get enabled() {
      return all().some((injector) => injector.enabled)
    },
    of(route: string) {
      checkRoute('fault.of', service, route, parts())
      const own = () => {
        const found = parts().routes.find(({ name }) => name === route)?.own.fault
        return found === undefined ? [] : [found]
      }
      return faultSwitch(`a route with faults of its own, got ${printValue(route)} of ${service} without`, own)
    },
  })
}

/** @param expected what is missing when there are no faults, in words. */
function faultSwitch(expected: string, injectors: () => readonly FaultInjector[]): FaultSwitch {
  return Object.freeze({
    get enabled() {
      return injectors().some((injector) => injector.enabled)
    },
    enable() {
      const found = injectors()
      if (found.length === 0) throw new TypeError(`fault.enable: expected ${expected}`)
      // Those that are not allowed throw: all or none.
      const forbidden = found.find(({ allowed }) => !allowed)
      if (forbidden !== undefined) forbidden.switch(true)
      else for (const injector of found) injector.switch(true)
    },
    disable() {
      for (const injector of injectors()) injector.switch(false)
    },
  })
}
