import type { Endpoint } from '../endpoint/endpoint.ts'
import type { CircuitState, ForcedCircuit } from '../health/circuit-snapshot.ts'
import type { Ejector } from '../health/ejector.ts'
import { drained, type HealthBoard } from '../health/health-board.ts'
import { endpointAt } from './endpoint-at.ts'
import type { ServiceCircuits } from './service-circuits.ts'

/** What somebody outside may do to the endpoints and circuits of a running service, whatever its judges say. */
export class ByHand {
  readonly #endpoints: () => readonly Endpoint[]
  readonly #ejector: Ejector
  readonly #board: HealthBoard
  readonly #circuits: ServiceCircuits

  /**
   * @param endpoints those that there are.
   * @param ejector leaves endpoints out.
   * @param board where it is noted who drains.
   * @param circuits of the service and its endpoints.
   */
  constructor(endpoints: () => readonly Endpoint[], ejector: Ejector, board: HealthBoard, circuits: ServiceCircuits) {
    this.#endpoints = endpoints
    this.#ejector = ejector
    this.#board = board
    this.#circuits = circuits
  }

  /** Leaves an endpoint out for a time, in milliseconds. */
  eject(address: string, forMs: number): void {
    this.#ejector.eject(this.#at(address), forMs)
  }

  /** Sends an endpoint nothing new; what it works on ends as it would. */
  drain(address: string): void {
    this.#board.note(this.#at(address), drained, 'unhealthy')
  }

  /** Lets an endpoint back in that is ejected or drains. */
  readmit(address: string): void {
    const endpoint = this.#at(address)
    this.#board.note(endpoint, drained, undefined)
    this.#ejector.readmit(endpoint)
  }

  /** See {@link CircuitControl.state}. */
  get circuitState(): CircuitState {
    return this.#circuits.service.state
  }

  /** See {@link CircuitControl.force}. */
  forceCircuit(forced: ForcedCircuit | undefined, endpoint: string | undefined): void {
    this.#circuits.force(forced, endpoint, this.#endpoints())
  }

  #at(address: string): Endpoint {
    return endpointAt(this.#endpoints(), address)
  }
}
