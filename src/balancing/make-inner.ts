import { printValue } from '../errors/print-value.ts'
import type { Host } from '../runtime/host.ts'
import { isPartFactory } from '../runtime/part-factory.ts'
import type { Balancer, BalancerPart } from './balancer.ts'

const expectation = 'a balancer such as maglev({ hashOn: "path" })'

/** @throws TypeError when what is to be wrapped is no part. */
export function checkInner(wrapper: string, balancer: unknown): void {
  if (typeof balancer !== 'function') throw new TypeError(`${wrapper}: balancer: expected ${expectation}, got ${printValue(balancer)}`)
  if (isPartFactory(balancer))
    throw new TypeError(`${wrapper}: balancer: expected ${expectation}, got ${printValue(balancer)}, which must be called`)
}

/**
 * Makes the balancer inside another one. A bare function cannot be wrapped: it is asked for one of a list, and has no preference after that.
 *
 * @param wrapper the kind of the one outside; chance for the one inside is a stream of its own below that name.
 * @param balancer the one inside.
 * @param host the service.
 * @throws TypeError when it makes no balancer.
 */
export function makeInner(wrapper: string, balancer: BalancerPart, host: Host): Balancer {
  const made = balancer({ ...host, random: host.random.fork(wrapper) })
  if (typeof made?.picker === 'function') return made
  throw new TypeError(`${host.service}: ${wrapper}: expected ${expectation}, got ${printValue(made)}`)
}

/** Everything of a balancer but choosing, for the one outside to have likewise: its meters, what it keeps calls together by, hears, amends, counts and ends. */
export function innerDuties(inner: Balancer): Omit<Balancer, 'name' | 'picker' | 'weightedPicker'> {
  return {
    meters: inner.meters ?? [],
    ...(inner.hash && { hash: (call) => inner.hash?.(call) as number }),
    ...(inner.heldTo && { heldTo: (call) => inner.heldTo?.(call) }),
    ...(inner.noticed && { noticed: (endpoints, isFit) => inner.noticed?.(endpoints, isFit) }),
    ...(inner.expect && { expect: (endpoints) => inner.expect?.(endpoints) }),
    ...(inner.prepares && { prepares: inner.prepares }),
    ...(inner.amend && { amend: (attempt, reply) => inner.amend?.(attempt, reply) ?? reply }),
    ...(inner.counts && { counts: () => inner.counts?.() ?? {} }),
    ...(inner.close && { close: () => inner.close?.() }),
  }
}
