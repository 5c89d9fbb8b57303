import type { Endpoint } from '../endpoint/endpoint.ts'
import type { EndpointHashes } from './endpoint-hashes.ts'
import { allSteps, piecesPerStep, type Steps, sortByHash, weightSteps } from './steps.ts'
import { TurnQueue } from './turn-queue.ts'

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
  return allSteps(maglevSteps(endpoints, hashes, size))
}

/** The same in steps. */
export function* maglevSteps(endpoints: readonly Endpoint[], hashes: EndpointHashes, size: number): Steps<Uint32Array> {
  const table = new Uint32Array(size)
  const taken = new Uint8Array(size)
  // Weights may move between two steps.
  const weights = yield* weightSteps(endpoints)
  let heaviest = 0
  let areEqual = true
  for (let i = 0; i < weights.length; i += 1) {
    if (weights[i] !== weights[0]) areEqual = false
    if ((weights[i] as number) > heaviest) heaviest = weights[i] as number
    if (i % piecesPerStep === 0) yield
  }
  // Turns go by hash, so that the order of the list makes no difference.
  const order = yield* sortByHash(hashes.first, (a, b) => hashes.decides(a, b))
  const slot = new Uint32Array(endpoints.length)
  const skip = new Uint32Array(endpoints.length)
  for (let i = 0; i < slot.length; i += 1) {
    slot[i] = (hashes.first[i] as number) % size
    skip[i] = ((hashes.second[i] as number) % (size - 1)) + 1
    if (i % piecesPerStep === 0) yield
  }
  const count = order.length
  const served = new Float64Array(count)
  const rounds = new Float64Array(count).fill(1)
  // With equal weights everybody has a turn in every round. Else most may have none in most, and looking at each would take seconds.
  const queue = areEqual ? undefined : new TurnQueue(Float64Array.from(order, (_, turn) => turn))
  let pieces = 0
  for (let filled = 0, next = 0; ; ) {
    const turn = queue === undefined ? next : queue.first
    const index = order[turn] as number
    let wanted = slot[index] as number
    while (taken[wanted] === 1) {
      wanted = (wanted + (skip[index] as number)) % size
      pieces += 1
      // The last slots are found after a long search.
      if (pieces % piecesPerStep === 0) yield
    }
    taken[wanted] = 1
    table[wanted] = index
    slot[index] = (wanted + (skip[index] as number)) % size
    filled += 1
    if (filled === size) return table
    if (queue === undefined) next = turn + 1 === count ? 0 : turn + 1
    else {
      served[index] = (served[index] as number) + heaviest
      const round = rounds[index] as number
      rounds[index] = nextRound(round, served[index] as number, weights[index] as number)
      queue.postponeFirst(((rounds[index] as number) - round) * count)
    }
    pieces += 1
    if (pieces % piecesPerStep === 0) yield
  }
}

/** In round t, an endpoint has had as many slots as its weight allows: t times its part of the heaviest. The first round after one in which it may have more. */
function nextRound(round: number, served: number, weight: number): number {
  const allowed = Math.ceil(served / weight)
  // The quotient is rounded, so that the product decides.
  const least = (allowed - 1) * weight >= served ? allowed - 1 : allowed * weight < served ? allowed + 1 : allowed
  return Math.max(round + 1, least)
}

/** Whether a whole number of at least 2 is a prime. */
export function isPrime(number: number): boolean {
  for (let factor = 2; factor * factor <= number; factor += 1) if (number % factor === 0) return false
  return true
}
