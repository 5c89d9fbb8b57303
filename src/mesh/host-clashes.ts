import type { ConfigProblem } from '../errors/config-error.ts'
import { pathTo } from './config-problems.ts'
import { printServiceHost, readServiceHost } from './host-syntax.ts'

/** The hosts of one service: where each stands in the plan, and what it is. */
export interface NamedHosts {
  readonly service: string
  /** Where the service stands. */
  readonly path: string
  /** Unchecked. */
  readonly aliases: unknown
}

/** Hosts that two services claim. A host without a port does not clash with the same host with one: the latter is more exact. */
export function hostClashes(services: readonly NamedHosts[]): ConfigProblem[] {
  const owners = new Map<string, string>()
  const problems: ConfigProblem[] = []
  const claim = (host: unknown, service: string, path: string) => {
    const read = readServiceHost(host)
    if (read === undefined) return
    const spelling = printServiceHost(read)
    const owner = owners.get(spelling)
    if (owner === undefined) owners.set(spelling, service)
    else if (owner !== service)
      problems.push({ path, expected: 'a host that no other service has', received: `"${spelling}", a host of "${owner}"` })
  }
  for (const { service, path } of services) claim(service, service, path)
  for (const { service, path, aliases } of services) {
    if (!Array.isArray(aliases)) continue
    for (const [i, alias] of aliases.entries()) claim(alias, service, pathTo(pathTo(path, 'aliases'), i))
  }
  return problems
}
