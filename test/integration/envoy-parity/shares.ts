import type { Served } from './field.ts'
import type { Scenario } from './scenario.ts'
import { distanceBetween, distanceFrom } from './tolerance.ts'

/** A scenario whose calls take turns may be off by so many calls: a turn of each side begins anywhere. */
const turnSlack = 3

/** How many calls each group of a scenario got. */
export interface Shares {
  readonly groups: readonly string[]
  /** The shares by arithmetic, if there are any. */
  readonly meant: readonly number[] | undefined
  readonly envoy: readonly number[]
  readonly mesh: readonly number[]
}

/** Counts who served. */
export function sharesOf({ endpoints, group, meant }: Scenario, served: Served): Shares {
  const groups = [...new Set(endpoints.map(group))]
  const count = (side: readonly number[]): number[] => {
    const counts = groups.map(() => 0)
    for (const index of side) {
      const place = groups.indexOf(group(endpoints[index] as (typeof endpoints)[0], index))
      counts[place] = (counts[place] as number) + 1
    }
    return counts
  }
  const shares = meant && groups.map((name) => meant[name] ?? 0)
  return { groups, meant: shares, envoy: count(served.envoy), mesh: count(served.mesh) }
}

/** What speaks against the two being alike, each with its figure; nothing if they are. */
export function disagreements(scenario: Scenario, { groups, meant, envoy, mesh }: Shares): string[] {
  const problems: string[] = []
  const { calls, differs, inTurns = false } = scenario
  if (differs !== undefined) {
    const place = groups.indexOf(differs.group)
    const [ofEnvoy, ofMesh] = [(envoy[place] as number) / calls, (mesh[place] as number) / calls]
    if (ofEnvoy < differs.envoyAtLeast) problems.push(`Envoy gives ${ofEnvoy} to ${differs.group}, less than ${differs.envoyAtLeast}`)
    if (ofMesh > differs.meshAtMost) problems.push(`the mesh gives ${ofMesh} to ${differs.group}, more than ${differs.meshAtMost}`)
    return problems
  }
  const tooFar = (what: string, distance: number) => {
    if (!(distance < 1)) problems.push(`${what}: ${distance.toFixed(2)} times what chance explains`)
  }
  if (inTurns && meant !== undefined) {
    const off = (counts: readonly number[]) => Math.max(...counts.map((count, i) => Math.abs(count - calls * (meant[i] as number))))
    if (off(envoy) > turnSlack) problems.push(`Envoy is off by ${off(envoy)} calls`)
    if (off(mesh) > turnSlack) problems.push(`the mesh is off by ${off(mesh)} calls`)
    return problems
  }
  if (meant !== undefined) {
    tooFar('Envoy and arithmetic', distanceFrom(meant, envoy))
    tooFar('the mesh and arithmetic', distanceFrom(meant, mesh))
  }
  tooFar('Envoy and the mesh', distanceBetween(envoy, mesh))
  return problems
}
