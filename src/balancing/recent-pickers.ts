import type { Endpoint } from '../endpoint/endpoint.ts'

/** Who wants to know of reports. */
export interface Told {
  /** Whether it has chosen of late: what it would be told is forgotten before it is of use, if it has not. */
  isInUse(now: number): boolean
  /** An endpoint reported how it is. */
  reported(endpoint: Endpoint): void
  /** It is not told any more, unless it comes again. */
  left(): void
}

/** So many are not worth tidying up. */
const few = 16

/**
 * Tells the pickers of a balancer what endpoints report, those that are in use. Nobody says when a picker is not used any more: whoever is forgotten
 * everywhere else is forgotten here, too, and whoever has not chosen for a while leaves, and comes again.
 */
export class RecentPickers<T extends Told> {
  #pickers: WeakRef<T>[] = []
  /** When there are so many, those are taken out that are forgotten: perhaps no endpoint ever reports. */
  #tidyAt = few

  /** How many are told, those included that were forgotten since the last report. */
  get size(): number {
    return this.#pickers.length
  }

  /** Adds one. */
  add(picker: T): void {
    this.#pickers.push(new WeakRef(picker))
    if (this.#pickers.length < this.#tidyAt) return
    this.#pickers = this.#pickers.filter((each) => each.deref() !== undefined)
    this.#tidyAt = Math.max(few, 2 * this.#pickers.length)
  }

  /** Tells all that are in use. */
  reported(endpoint: Endpoint, now: number): void {
    const pickers = this.#pickers
    let kept = 0
    for (let i = 0; i < pickers.length; i += 1) {
      const each = pickers[i] as WeakRef<T>
      const picker = each.deref()
      if (picker === undefined) continue
      if (!picker.isInUse(now)) picker.left()
      else {
        picker.reported(endpoint)
        pickers[kept++] = each
      }
    }
    pickers.length = kept
  }
}
