import type { Overview } from '../overview.ts'

const most = 60

/** Calls a second of each service, as far back as this page has been open: the last minute of it. */
export class History {
  readonly #rates = new Map<string, number[]>()

  /** Takes a frame in. */
  add({ services }: Overview): void {
    for (const { name, perSecond } of services) {
      if (perSecond === undefined) continue
      const rates = this.#rates.get(name) ?? []
      rates.push(perSecond)
      if (rates.length > most) rates.shift()
      this.#rates.set(name, rates)
    }
  }

  /** Oldest first. */
  of(service: string): readonly number[] {
    return this.#rates.get(service) ?? []
  }
}
