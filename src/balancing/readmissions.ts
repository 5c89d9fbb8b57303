import type { Endpoint } from '../endpoint/endpoint.ts'
import type { LoadMeter } from './load-meter.ts'

/** Notices when endpoints that were kept out are fit again, and tells a load meter. */
export class Readmissions {
  /** An endpoint that leaves while it is out is forgotten with its object. */
  readonly #out = new WeakSet<Endpoint>()

  /**
   * The endpoints, or the health of one, changed.
   *
   * @param endpoints all that there are.
   * @param isFit whether one may be used.
   * @param meter is told of those that may be used again.
   */
  noticed(endpoints: readonly Endpoint[], isFit: (endpoint: Endpoint) => boolean, meter: LoadMeter): void {
    for (const endpoint of endpoints) {
      if (!isFit(endpoint)) this.#out.add(endpoint)
      else if (this.#out.delete(endpoint)) meter.readmitted?.(endpoint)
    }
  }
}
