import type { Endpoint } from '../endpoint/endpoint.ts'

/** Who wants to know of reports. */
export interface Told {
  /** An endpoint reported how it is. */
  reported(endpoint: Endpoint): void
  /** It is not told any more, unless it comes again. */
  left(): void
}

/** So many are told: more than there are tiers and zones in use at a time, and few enough to tell all of them. */
const mostTold = 8

/**
 * Tells the pickers of a balancer what endpoints report: the last ones that came. Nobody says when a picker is not used any more, so whoever is forgotten
 * everywhere else is forgotten here, too.
 */
export class RecentPickers<T extends Told> {
  readonly #pickers: WeakRef<T>[] = []

  /** How many are told, those included that were forgotten since the last report. */
  get size(): number {
    return this.#pickers.length
  }

  /** Adds one, in place of the one that has been there longest, when there are many. */
  add(picker: T): void {
    this.#pickers.push(new WeakRef(picker))
    if (this.#pickers.length > mostTold) this.#pickers.shift()?.deref()?.left()
  }

  /** Tells all of them. */
  reported(endpoint: Endpoint): void {
    const pickers = this.#pickers
    for (let i = pickers.length - 1; i >= 0; i -= 1) {
      const picker = (pickers[i] as WeakRef<T>).deref()
      if (picker === undefined) pickers.splice(i, 1)
      else picker.reported(endpoint)
    }
  }
}
