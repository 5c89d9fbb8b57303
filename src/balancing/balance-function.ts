import type { Endpoint } from '../endpoint/endpoint.ts'
import { printValue } from '../errors/print-value.ts'
import type { Host } from '../runtime/host.ts'
import type { Random } from '../runtime/random.ts'
import type { BalanceFunction, Balancer, Picker, PickQuery } from './balancer.ts'
import { drawUnspent } from './draw-unspent.ts'

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
  readonly #host: Host
  readonly #draws: Random

  constructor(choose: BalanceFunction, endpoints: readonly Endpoint[], host: Host, draws: Random) {
    this.#choose = choose
    this.#endpoints = endpoints
    this.#host = host
    this.#draws = draws
  }

  pick(query: PickQuery): Endpoint | undefined {
    const offered = unspentOf(this.#endpoints, query)
    try {
      const chosen: unknown = this.#choose(offered, query.call)
      if (chosen === undefined || offered.includes(chosen as Endpoint)) return chosen as Endpoint | undefined
      // Unhandled, its rejection would end the process.
      if (isPromise(chosen)) chosen.then(undefined, () => {})
      throw new TypeError(`expected one of the ${offered.length} endpoints it was given, or undefined, got ${printValue(chosen)}`)
    } catch (error) {
      this.#host.emit('part-threw', { service: this.#host.service, part: nameOf(this.#choose), error })
      return drawUnspent(this.#endpoints, this.#draws, query)
    }
  }
}

/** Whether a function answered with a promise, which no choice can wait for. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as Partial<PromiseLike<unknown>>).then === 'function'
}

function nameOf(choose: BalanceFunction): string {
  return choose.name === '' ? 'balance function' : `balance function ${choose.name}`
}

/**
 * Makes a balancer of a bare function.
 *
 * A function that throws, or answers with something that it was not given, does not fail the call: the mesh tells a `part-threw` event and
 * takes any endpoint that the call has not tried. Answering `undefined` is no mistake: it means that none may be used.
 *
 * @param choose see {@link BalanceFunction}.
 * @param host the service that it works for.
 */
export function balanceFunction(choose: BalanceFunction, host: Host): Balancer {
  const draws = host.random.fork('balance-function')
  return { name: nameOf(choose), picker: (endpoints) => new FunctionPicker(choose, endpoints, host, draws) }
}
