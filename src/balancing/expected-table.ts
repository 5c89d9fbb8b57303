import type { Endpoint } from '../endpoint/endpoint.ts'
import type { KeyTable, WantedTable } from './table-works.ts'

/** The first table of a balancer, before somebody asks for it. */
export class ExpectedTable implements WantedTable {
  readonly endpoints: readonly Endpoint[]
  table: KeyTable | undefined
  readonly #weights: Float64Array
  /** @param endpoints whom it is for. */
  constructor(endpoints: readonly Endpoint[]) {
    this.endpoints = endpoints
    const weights = new Float64Array(endpoints.length)
    for (let i = 0; i < weights.length; i += 1) weights[i] = (endpoints[i] as Endpoint).weight
    this.#weights = weights
  }

  /** Whether it is the table for these endpoints as they are now. */
  isFor(endpoints: readonly Endpoint[]): boolean {
    return areSame(this.endpoints, endpoints) && this.#weights.every((weight, i) => weight === (endpoints[i] as Endpoint).weight)
  }

  made(table: KeyTable): void {
    this.table = table
  }

  dropped(): void {}
}

/** Whether two lists are of the same endpoints in the same order. */
export function areSame(some: readonly Endpoint[], others: readonly Endpoint[]): boolean {
  return some.length === others.length && (some === others || some.every((endpoint, i) => endpoint === others[i]))
}

/** Of all endpoints of a service those that are likely to be used first: the well ones, as far as discovery knows, of the first tier that has any. */
export function usedFirst(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  let tier = Number.POSITIVE_INFINITY
  let count = 0
  for (let i = 0; i < endpoints.length; i += 1) {
    const { health, priority } = endpoints[i] as Endpoint
    if (health !== 'healthy' || priority > tier) continue
    count = priority === tier ? count + 1 : 1
    tier = priority
  }
  // Nearly always that is all of them.
  if (count === endpoints.length) return endpoints
  return endpoints.filter(({ health, priority }) => health === 'healthy' && priority === tier)
}
