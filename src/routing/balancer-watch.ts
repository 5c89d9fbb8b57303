import type { Balancer } from '../balancing/balancer.ts'
import { printValue } from '../errors/print-value.ts'
import type { Host } from '../runtime/host.ts'
import { hearLateRejection } from '../runtime/late-rejection.ts'

/** So many faults in a row, and a picker is not asked any more until its endpoints change. */
export const mostFaults = 10

/** What went wrong with the balancers of a service. It outlives them. */
export interface BalancerFaults {
  /** How often one threw, or answered with something that is no candidate. */
  faults: number
  /** How often one was given up for a set of endpoints. */
  bypasses: number
}

/** Hears of what goes wrong with a balancer, counts it, and tells it to whoever watches the mesh. */
export class BalancerWatch {
  readonly #host: Host
  readonly #name: string
  readonly #counts: BalancerFaults

  /**
   * @param host the service.
   * @param balancer whom it is about.
   * @param counts where to count.
   */
  constructor(host: Host, balancer: Balancer, counts: BalancerFaults) {
    this.#host = host
    this.#name = balancer.name
    this.#counts = counts
  }

  /** How often it threw, or answered with something that is no candidate. */
  get faults(): number {
    return this.#counts.faults
  }

  /** It threw. */
  threw(error: unknown): void {
    this.#counts.faults += 1
    this.#host.emit('part-threw', { service: this.#host.service, part: `balancer ${this.#name}`, error })
  }

  /** It is given up for a set of endpoints. */
  bypassed(): void {
    this.#counts.bypasses += 1
    this.#host.emit('balancer-bypassed', { service: this.#host.service, balancer: this.#name, faults: mostFaults })
  }
}

/** The error of a picker that answered with something else than one of its endpoints. */
export function foreign(picked: unknown, count: number): TypeError {
  hearLateRejection(picked)
  return new TypeError(`pick: expected one of the ${count} endpoints it was given, or undefined, got ${printValue(picked)}`)
}
