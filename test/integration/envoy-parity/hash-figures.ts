import type { Served } from './field.ts'
import type { HashScenario } from './hash-scenarios.ts'
import { chiSquareLimit } from './tolerance.ts'

/** How one side placed keys, before and after an endpoint left. */
export interface HashFigures {
  readonly keys: number
  /** Standard deviation of the number of keys of an endpoint, as a part of the mean. */
  readonly spread: number
  /** How far apart numbers of keys are, as a multiple of what is too far. */
  readonly spreadDistance: number
  /** Keys that went to another endpoint when one left. */
  readonly moved: number
  /** Those of them that were not its own. */
  readonly needless: number
}

/** The figures of both sides. */
export function hashFigures({ before, points }: HashScenario, was: Served, is: Served): Readonly<Record<keyof Served, HashFigures>> {
  const endpoints = before.endpoints.length
  return {
    envoy: figuresOf(endpoints, points.envoy, was.envoy, is.envoy),
    mesh: figuresOf(endpoints, points.mesh, was.mesh, is.mesh),
  }
}

/** The last endpoint of the list is the one that leaves. */
function figuresOf(endpoints: number, points: number, was: readonly number[], is: readonly number[]): HashFigures {
  const keys = was.length
  const counts = Array.from({ length: endpoints }, (_, endpoint) => was.filter((owner) => owner === endpoint).length)
  const mean = keys / endpoints
  const squares = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0)
  // The keys are drawn from what an endpoint has of the ring, and that is off, too: the variances add up.
  const limit = chiSquareLimit(endpoints - 1) * (mean + mean ** 2 / points)
  const moved = was.filter((owner, key) => owner !== is[key]).length
  const needless = was.filter((owner, key) => owner !== endpoints - 1 && owner !== is[key]).length
  return { keys, spread: Math.sqrt(squares / endpoints) / mean, spreadDistance: squares / limit, moved, needless }
}
