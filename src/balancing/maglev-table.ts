import type { Endpoint } from '../endpoint/endpoint.ts'
import type { EndpointHashes } from './endpoint-hashes.ts'

/**
 * Fills a lookup table: each endpoint has an order of its own in which it would like the slots, and they take turns, heavier ones more
 * often, until all slots are taken. So shares are exact to a slot, and most slots stay when an endpoint comes or goes.
 *
 * @param endpoints at least one.
 * @param hashes of these endpoints.
 * @param size the number of slots: a prime.
 * @returns for each slot, the index of an endpoint.
 */
export function maglevTable(endpoints: readonly Endpoint[], hashes: EndpointHashes, size: number): Uint32Array {
  const table = new Uint32Array(size)
  const taken = new Uint8Array(size)
  // Turns go by address, so that the order of the list makes no difference.
  const order = Uint32Array.from(endpoints.keys()).sort((a, b) =>
    (endpoints[a] as Endpoint).address < (endpoints[b] as Endpoint).address ? -1 : 1,
  )
  const heaviest = endpoints.reduce((most, { weight }) => Math.max(most, weight), 0)
  const slot = Uint32Array.from(hashes.first, (hash) => hash % size)
  const skip = Uint32Array.from(hashes.second, (hash) => (hash % (size - 1)) + 1)
  const served = new Float64Array(endpoints.length)
  let filled = 0
  for (let round = 1; ; round += 1) {
    for (let turn = 0; turn < order.length; turn += 1) {
      const index = order[turn] as number
      // In round t, an endpoint has had as many slots as its weight allows: t times its part of the heaviest.
      if (round * (endpoints[index] as Endpoint).weight < (served[index] as number)) continue
      served[index] = (served[index] as number) + heaviest
      let wanted = slot[index] as number
      while (taken[wanted] === 1) wanted = (wanted + (skip[index] as number)) % size
      taken[wanted] = 1
      table[wanted] = index
      slot[index] = (wanted + (skip[index] as number)) % size
      filled += 1
      if (filled === size) return table
    }
  }
}

/** Whether a whole number of at least 2 is a prime. */
export function isPrime(number: number): boolean {
  for (let factor = 2; factor * factor <= number; factor += 1) if (number % factor === 0) return false
  return true
}
