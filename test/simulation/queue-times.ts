import assert from 'node:assert/strict'
import { type BalancerPart, inFlight, leastRequest, powerOfTwo, random, roundRobin } from '../../src/index.ts'
import { exponential, poisson, servers, simulate } from '../../src/testing/index.ts'
import { balancing, request } from './scenarios/scenario.ts'

/** How many servers. */
export const serverCount = 100
const meanServiceMs = 10

const balancers = {
  random: () => random(),
  roundRobin: () => roundRobin(),
  twoChoices: () => powerOfTwo(inFlight()),
  fiveChoices: () => leastRequest({ choices: 5 }),
} satisfies Record<string, () => BalancerPart>

/** The mean time that calls take, waiting included, in service times: Poisson arrivals at servers with exponential service times, through a whole mesh. */
export async function meanTime(balancer: keyof typeof balancers, load: number, calls: number, seeds: readonly number[]): Promise<number> {
  const perMs = (serverCount * load) / meanServiceMs
  let sum = 0
  for (const seed of seeds) {
    // Queues are empty at first, and take the longer to fill the higher the load is.
    const warmUp = (3 * meanServiceMs) / (1 - load) ** 2
    const { latency, failed } = await simulate({
      mesh: balancing(balancers[balancer], Number.POSITIVE_INFINITY),
      servers: servers(serverCount, { serviceMs: exponential(meanServiceMs) }),
      arrivals: poisson(1_000 * perMs),
      request,
      duration: warmUp + calls / perMs,
      warmUp,
      // As many intervals as make the time of warming up end with one.
      intervals: Math.ceil((warmUp + calls / perMs) / 50),
      seed,
    })
    assert.equal(failed, 0)
    sum += latency.meanMs
  }
  return sum / seeds.length / meanServiceMs
}
