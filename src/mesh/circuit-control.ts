import type { CircuitState, ForcedCircuit } from '../health/circuit-snapshot.ts'

/**
 * The circuits of one service, from the outside: `net.service(name).circuit`.
 *
 * @example
 * ```ts
 * import type { Mesh } from 'proxyless'
 *
 * // Keep calls away from a service while its database is moved, and from one bad machine until somebody has looked at it.
 * export function maintenance(net: Mesh, machine: string): () => void {
 *   net.service('orders').circuit.force('open')
 *   net.service('users').circuit.force('open', machine)
 *   return () => {
 *     net.service('orders').circuit.force(undefined)
 *     net.service('users').circuit.force(undefined, machine)
 *   }
 * }
 * ```
 */
export interface CircuitControl {
  /** The state of the circuit of the service as a whole; `closed` if it has none. */
  readonly state: CircuitState
  /**
   * Forces a circuit, whether or not the service's settings give it one. It stays so, over a new plan too, until it is let go, or until the
   * endpoint is gone.
   *
   * @param state `open` keeps calls away, `closed` lets every call through, `observe` only counts what it would have done, and `undefined` lets
   * the circuit go its own way again, from the beginning.
   * @param endpoint the address of an endpoint, as the snapshot has it. @defaultValue the circuit of the service as a whole
   * @throws TypeError when there is no such endpoint, or no such state.
   */
  force(state: ForcedCircuit | undefined, endpoint?: string): void
}
