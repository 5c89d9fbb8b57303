import { numberedStream } from '../discovery/numbered-stream.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { printValue } from '../errors/print-value.ts'
import { CircuitOfService } from '../health/circuit-of-service.ts'
import type { ForcedCircuit } from '../health/circuit-snapshot.ts'
import { Circuits } from '../health/circuits.ts'
import type { HealthBoard } from '../health/health-board.ts'
import type { ProbeDesk } from '../health/probe-desk.ts'
import type { Host } from '../runtime/host.ts'
import { samePart } from '../runtime/part.ts'
import { type CircuitBreakerPlan, circuitsOf } from './circuit-plan.ts'

/** The circuits of a running service. They stay as they are when a new plan says the same of them. */
export class ServiceCircuits {
  /** Those of its endpoints. */
  readonly endpoints: Circuits
  /** Its own. */
  readonly service: CircuitOfService
  #plan: CircuitBreakerPlan | false = false

  /**
   * @param host the service.
   * @param board where open circuits are noted.
   * @param probes where half-open circuits ask for a probe.
   */
  constructor(host: Host, board: HealthBoard, probes: ProbeDesk) {
    const random = (scope: string) => numberedStream(host.random, `circuit of ${scope}`)
    this.endpoints = new Circuits({ host, random: random('endpoint'), board, probes })
    this.service = new CircuitOfService(host, random('service'))
  }

  /** Puts a plan in force. */
  configure(plan: CircuitBreakerPlan | false): void {
    const [before, after] = [this.#plan, plan]
    this.#plan = plan
    const [old, now] = [circuitsOf(before), circuitsOf(after)]
    if (!samePart(old.endpoints, now.endpoints)) this.endpoints.configure(now.endpoints)
    if (!samePart(old.service, now.service)) this.service.configure(now.service)
  }

  /**
   * Forces a circuit.
   *
   * @param forced `undefined` lets it go its own way again.
   * @param address of an endpoint; `undefined` for the service.
   * @param known the endpoints that there are.
   * @throws TypeError when there is no such endpoint.
   */
  force(forced: ForcedCircuit | undefined, address: string | undefined, known: readonly Endpoint[]): void {
    if (forced !== undefined && forced !== 'open' && forced !== 'closed' && forced !== 'observe')
      throw new TypeError(`circuit.force: expected 'open', 'closed', 'observe' or undefined, got ${printValue(forced)}`)
    if (address === undefined) {
      this.service.force(forced)
      return
    }
    const endpoint = known.find((each) => each.address === address)
    if (endpoint === undefined) {
      const addresses = known.slice(0, 3).map((each) => each.address)
      const some = known.length > addresses.length ? [...addresses, '...'] : addresses
      throw new TypeError(
        `circuit.force: expected the address of an endpoint (${some.join(', ') || 'there is none'}), got ${printValue(address)}`,
      )
    }
    this.endpoints.force(endpoint, forced)
  }

  /** The service is gone. */
  close(): void {
    this.endpoints.close()
    this.service.close()
  }
}
