import type { Endpoint } from '../endpoint/endpoint.ts'
import type { LoadMeter } from './load-meter.ts'

/** Notices when endpoints that were kept out are fit again, and tells a load meter. */
export class Readmissions {
  /** An endpoint that leaves while it is out is forgotten with its object. */
  readonly #out = new WeakSet<Endpoint>()
  /** Whether any of those that there were last is out: nearly always nobody is, and nobody is looked up. */
  #anyOut = false

  /**
   * The endpoints, or the health of one, changed.
   *
   * @param endpoints all that there are.
   * @param isFit whether one may be used.
   * @param meter is told of those that may be used again.
   */
  noticed(endpoints: readonly Endpoint[], isFit: (endpoint: Endpoint) => boolean, meter: LoadMeter): void {
    let anyOut = false
    for (const endpoint of endpoints) {
      if (!isFit(endpoint)) {
        this.#out.add(endpoint)
        anyOut = true
      } else if (this.#anyOut && this.#out.delete(endpoint)) meter.readmitted?.(endpoint)
    }
    this.#anyOut = anyOut
  }
}
