import { printValue } from '../errors/print-value.ts'
import type { Host } from '../runtime/host.ts'
import { hearLateRejection, isPromise } from '../runtime/late-rejection.ts'
import { isPartFactory } from '../runtime/part-factory.ts'
import { balanceFunction } from './balance-function.ts'
import type { BalanceFunction, Balancer, BalancerPart } from './balancer.ts'

const expectation = 'a balancer such as powerOfTwo(inFlight()), or a function (endpoints, call) => endpoint'

function isBalancer(value: unknown): value is Balancer {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Balancer>).picker === 'function'
}

/**
 * Makes the balancer of a service from what was given to `.balance(...)`.
 *
 * A part and a bare function are both functions, and nothing marks every one of them. So:
 * - a function that is marked as one that makes parts is a mistake: somebody forgot to call it;
 * - a described part (one that `part` made) is a part, and what it throws is thrown on;
 * - a function of two or more parameters is a bare function, since a part takes its host alone;
 * - any other is called with the host. What gives a balancer was a part. What gives anything else, or throws because a host is not a list of
 *   endpoints, is a bare function.
 *
 * @param value what was given.
 * @param host the service that it works for.
 * @throws TypeError when `value` is neither, or makes one of them; what a described part throws.
 */
export function toBalancer(value: BalancerPart | BalanceFunction, host: Host): Balancer {
  if (typeof value !== 'function') throw unusable(host, value)
  if (isPartFactory(value)) throw uncalled(host, value, 'a part')
  const described = typeof (value as { kind?: unknown }).kind === 'string'
  if (!described && value.length >= 2) return balanceFunction(value as BalanceFunction)
  let made: unknown
  try {
    made = (value as BalancerPart)(host)
  } catch (error) {
    if (described) throw error
    return balanceFunction(value as BalanceFunction)
  }
  if (isBalancer(made)) return withMeters(made, host)
  if (described) throw new TypeError(`${host.service}: balance: expected the part to make an object with a picker, got ${printValue(made)}`)
  if (typeof made === 'function') throw uncalled(host, value, 'a balancer')
  if (isPromise(made)) {
    hearLateRejection(made)
    throw new TypeError(`${host.service}: balance: expected ${expectation}, got an asynchronous function: choosing cannot wait`)
  }
  return balanceFunction(value as BalanceFunction)
}

/** Routing calls them around every attempt, where it could only fail the call. */
function withMeters(balancer: Balancer, host: Host): Balancer {
  checkName(host, 'name', balancer.name)
  const meters: unknown = balancer.meters ?? []
  const areMeters = Array.isArray(meters) && meters.every((meter) => typeof meter?.began === 'function')
  if (areMeters) {
    for (const { name } of meters) checkName(host, 'meters: name', name)
    return balancer
  }
  throw new TypeError(`${host.service}: balance: meters: expected a list of load meters, got ${printValue(meters)}`)
}

function uncalled(host: Host, factory: unknown, made: string): TypeError {
  const name = (factory as { readonly name?: string }).name || 'powerOfTwo(inFlight)'
  return new TypeError(
    `${host.service}: balance: expected ${expectation}, got a function that makes ${made}: it must be called, as in ${name}()`,
  )
}

/** Names stand in messages. Untyped code may do without. */
function checkName(host: Host, what: string, name: unknown): void {
  if (name === undefined || typeof name === 'string') return
  throw new TypeError(`${host.service}: balance: ${what}: expected a text, got ${printValue(name)}`)
}

function unusable(host: Host, value: unknown): TypeError {
  const hint = isBalancer(value) ? '; put the balancer into a function: () => balancer' : ''
  return new TypeError(`${host.service}: balance: expected ${expectation}, got ${printValue(value)}${hint}`)
}
