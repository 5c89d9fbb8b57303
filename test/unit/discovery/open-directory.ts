import { Directory } from '../../../src/discovery/directory.ts'
import type { DirectoryOptions } from '../../../src/discovery/directory-options.ts'
import type { Resolver, ResolverPart } from '../../../src/discovery/resolver.ts'
import { Roster } from '../../../src/endpoint/roster.ts'
import { type TestHost, testHost } from '../../../src/testing/test-host.ts'
import { ScriptedResolver } from './scripted-resolver.ts'

/** A directory with a scripted resolver, started. */
export interface OpenDirectory {
  readonly directory: Directory
  readonly host: TestHost
  readonly source: ScriptedResolver
  /** Lets everything that is due now happen. */
  settle(): Promise<void>
  addresses(): string[]
  eventNames(): string[]
}

export function openDirectory(options?: DirectoryOptions, given?: Resolver | ResolverPart): OpenDirectory {
  const host = testHost({ service: 'orders' })
  const source = new ScriptedResolver()
  const resolver = typeof given === 'function' ? given(host) : (given ?? source)
  const directory = new Directory({ service: 'orders', host, resolver, roster: new Roster(), options })
  directory.start()
  return {
    directory,
    host,
    source,
    settle: () => host.clock.settle(),
    addresses: () => directory.endpoints.map((endpoint) => endpoint.address),
    eventNames: () => host.events.map((event) => event.name),
  }
}
