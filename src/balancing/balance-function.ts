import type { Endpoint } from '../endpoint/endpoint.ts'
import { printValue } from '../errors/print-value.ts'
import { hearLateRejection } from '../runtime/late-rejection.ts'
import type { BalanceFunction, Balancer, Picker, PickQuery } from './balancer.ts'

/** Those that the call has not tried. Nearly always that is everybody: then nothing is copied, and nobody is asked. */
function unspentOf(endpoints: readonly Endpoint[], query: PickQuery): readonly Endpoint[] {
  const { spent, underway } = query.call
  return spent.length + underway.length === 0 ? endpoints : withoutSpent(endpoints, query)
}

/** Apart from the above, so that the function in it is made only when it is needed. */
function withoutSpent(endpoints: readonly Endpoint[], query: PickQuery): readonly Endpoint[] {
  const unspent = endpoints.filter((endpoint) => !query.isSpent(endpoint))
  return unspent.length === 0 ? endpoints : unspent
}

class FunctionPicker implements Picker {
  readonly #choose: BalanceFunction
  readonly #endpoints: readonly Endpoint[]

  constructor(choose: BalanceFunction, endpoints: readonly Endpoint[]) {
    this.#choose = choose
    this.#endpoints = endpoints
  }

  pick(query: PickQuery): Endpoint | undefined {
    const offered = unspentOf(this.#endpoints, query)
    const chosen: unknown = this.#choose(offered, query.call)
    if (chosen === undefined || offered.includes(chosen as Endpoint)) return chosen as Endpoint | undefined
    hearLateRejection(chosen)
    throw new TypeError(`expected one of the ${offered.length} endpoints it was given, or undefined, got ${printValue(chosen)}`)
  }
}

/**
 * Makes a balancer of a bare function.
 *
 * A function that throws, or answers with something that it was not given, makes the picker throw: routing takes an endpoint in its place, tells
 * a `part-threw` event, and gives it up after some faults in a row. Answering `undefined` is no mistake: it means that none may be used.
 *
 * @param choose see {@link BalanceFunction}.
 */
export function balanceFunction(choose: BalanceFunction): Balancer {
  const name = choose.name === '' ? 'function' : `function ${choose.name}`
  return { name, picker: (endpoints) => new FunctionPicker(choose, endpoints) }
}
