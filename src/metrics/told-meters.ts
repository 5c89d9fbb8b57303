import type { Metered } from './metered.ts'

/** That a mesh is told to a meter, as long as it is. */
export interface Telling {
  /** What the mesh is called there: its name, with a number if another one has that. */
  nameOf(mesh: string): string
  /** It is told no more. */
  end(): void
}

interface Told {
  readonly net: Metered
  readonly name: string
  readonly number: number
}

/** By meter, and by the provider that made it: one may make a new meter each time. */
const known = new WeakMap<object, Set<Told>>()

/**
 * Notes that a mesh is told to a meter. Meshes with the same name are told apart by a number, or their series would be the same ones.
 *
 * @param net the mesh.
 * @param provider who made the meter.
 * @param meter the meter.
 * @throws TypeError when it is told to that meter already: everything would be counted twice.
 */
export function beginTelling(net: Metered, provider: object, meter: object): Telling {
  const told = known.get(meter) ?? known.get(provider) ?? new Set<Told>()
  known.set(meter, told).set(provider, told)
  // A mesh that was closed is let go at the next collection, which may not have come.
  for (const each of told) if (each.net.snapshot().state === 'closed') told.delete(each)
  const { name } = net.snapshot()
  const taken = new Set<number>()
  for (const each of told) {
    if (each.net === net) {
      const hint = 'end that first, with the function that it returned'
      throw new TypeError(`openTelemetryMetrics: expected a mesh that this meter provider is not told of, got "${name}" again: ${hint}`)
    }
    if (each.name === name) taken.add(each.number)
  }
  let number = 1
  while (taken.has(number)) number += 1
  const mine: Told = { net, name, number }
  told.add(mine)
  return { nameOf: (mesh) => numbered(mesh, number), end: () => void told.delete(mine) }
}

/** The name of one of several meshes that are called the same. */
export function numbered(name: string, number: number): string {
  return number === 1 ? name : `${name} (${number})`
}
