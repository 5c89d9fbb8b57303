import { printValue } from '../errors/print-value.ts'
import type { FaultInjector } from '../policies/fault/fault-injector.ts'

/**
 * The faults of one service, from the outside: `net.service(name).fault`.
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
export interface FaultControl {
  /** Whether attempts get faults now; `false` for a service without `.fault(...)`. */
  readonly enabled: boolean
  /**
   * Turns the faults of the plan on. It stays so until {@link disable}, or until a plan with other faults is applied.
   *
   * @throws TypeError when the plan has no faults for the service, or does not allow them in production; MeshError when the mesh is closed, or the
   * service not part of it any more.
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
 * @param service for messages.
 * @param injector what the plan that is in force asks for.
 */
export function faultControl(service: string, injector: () => FaultInjector | undefined): FaultControl {
  return Object.freeze({
    get enabled() {
      return injector()?.enabled === true
    },
    enable() {
      const faults = injector()
      if (faults === undefined) throw new TypeError(`fault.enable: expected a service with .fault(...), got ${printValue(service)} without`)
      faults.switch(true)
    },
    disable() {
      injector()?.switch(false)
    },
  })
}
