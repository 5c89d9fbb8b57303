import { type BalancerPart, type Duration, mesh } from '../../../src/index.ts'
import {
  type SimulatedClient,
  type SimulatedMesh,
  type SimulationOptions,
  type SimulationResult,
  simulate,
} from '../../../src/testing/index.ts'

/** Something that is worth simulating, with several answers to it side by side. */
export interface Scenario {
  /** In a few words. */
  readonly title: string
  /** What happens, and what is to be seen. */
  readonly about: string
  /** Servers whose shares are of interest. */
  readonly watch?: readonly string[]
  /** The time for which these shares are told, in seconds. Left out for all of it but warming up. */
  readonly during?: readonly [from: number, to: number]
  /** What is compared. */
  readonly variants: Readonly<Record<string, SimulationOptions>>
  /** What must come out: throws otherwise. */
  readonly claims: (figures: Readonly<Record<string, Figures>>) => void
}

/** Balancers to compare, by what they are called. */
export type Balancers = Readonly<Record<string, () => BalancerPart>>

/** The service that all scenarios call. */
export const request = 'http://orders/'

/**
 * A client that has nothing but a balancer and a deadline, so that no retry and no judge of health hides what the balancer does.
 *
 * @param balancer makes the balancer, one for each client.
 * @param deadline of every call.
 */
export function balancing(balancer: () => BalancerPart, deadline: Duration = '5s'): (client: SimulatedClient) => SimulatedMesh {
  return ({ clock, random, transport, resolver }) =>
    mesh({ clock, random, transport })
      .service('orders', (s) => s.resolve(resolver).bare().deadline(deadline).balance(balancer()))
      .build()
}

/** The same world for several balancers. */
export function compare(balancers: Balancers, world: Omit<SimulationOptions, 'mesh' | 'request'>): Scenario['variants'] {
  return Object.fromEntries(Object.entries(balancers).map(([name, balancer]) => [name, { ...world, request, mesh: balancing(balancer) }]))
}

/** Runs a variant once for each seed. */
export async function runVariant(options: SimulationOptions, seeds: readonly number[]): Promise<SimulationResult[]> {
  const results: SimulationResult[] = []
  for (const seed of seeds) results.push(await simulate({ ...options, seed }))
  return results
}

/** The figures of a variant, as means over seeds: what golden tables hold. */
export interface Figures {
  /** The share of calls that failed. */
  readonly failed: number
  /** Attempts for each call. */
  readonly attempts: number
  readonly meanMs: number
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  /** Shares of the servers that the scenario watches, for the time for which it watches them. */
  readonly shares: Readonly<Record<string, number>>
}

function mean(results: readonly SimulationResult[], of: (result: SimulationResult) => number): number {
  return results.reduce((sum, result) => sum + of(result), 0) / results.length
}

/** The share of attempts that a server got, for a time or for all of it. */
function shareOf({ servers, over }: SimulationResult, name: string, during: Scenario['during']): number {
  const index = servers.findIndex((server) => server.name === name)
  if (during === undefined) return servers[index]?.share ?? 0
  const shares = over
    .filter(({ startMs }) => startMs >= 1_000 * during[0] && startMs < 1_000 * during[1])
    .map((each) => each.shares[index] ?? 0)
  return shares.reduce((sum, share) => sum + share, 0) / shares.length
}

/** Draws up {@link Figures}. */
export function figuresOf(results: readonly SimulationResult[], { watch = [], during }: Pick<Scenario, 'watch' | 'during'>): Figures {
  return {
    failed: mean(results, ({ failed, calls }) => failed / calls),
    attempts: mean(results, ({ attempts, calls }) => attempts / calls),
    meanMs: mean(results, ({ latency }) => latency.meanMs),
    p50Ms: mean(results, ({ latency }) => latency.quantileMs(0.5)),
    p90Ms: mean(results, ({ latency }) => latency.quantileMs(0.9)),
    p99Ms: mean(results, ({ latency }) => latency.quantileMs(0.99)),
    shares: Object.fromEntries(watch.map((name) => [name, mean(results, (result) => shareOf(result, name, during))])),
  }
}

/** A figure of a variant. */
export function figure(figures: Readonly<Record<string, Figures>>, variant: string): Figures {
  const found = figures[variant]
  if (found === undefined) throw new TypeError(`there is no variant ${variant}`)
  return found
}

/** Claims that figures grow from one variant to the next. */
export function inOrder(values: readonly number[], what: string): void {
  values.forEach((value, i) => {
    const before = values[i - 1]
    if (before !== undefined && !(before < value)) throw new Error(`${what}: expected ${values.join(' < ')}`)
  })
}
