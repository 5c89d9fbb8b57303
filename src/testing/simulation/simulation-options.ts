import type { ResolveFunction } from '../../discovery/resolver.ts'
import type { MeshFetch, MeshRequestInit } from '../../fetch/create-fetch.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Duration } from '../../runtime/duration.ts'
import type { Random } from '../../runtime/random.ts'
import type { Transport } from '../../transport/transport.ts'
import type { Arrivals } from './arrivals.ts'
import type { ServerModel } from './server-model.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/** What a mesh in a simulation is made with: the first three are for `mesh({ ... })`, the resolver is for `.resolve(...)`. */
export interface SimulatedClient {
  /** Virtual time. */
  readonly clock: Clock
  /** Chance of its own. */
  readonly random: Random
  /** Leads to the servers of the simulation. */
  readonly transport: Transport
  /** Tells of the servers of the simulation, and of each change. */
  readonly resolver: ResolveFunction
  /** The servers themselves: for a probe, or for a balancer that knows everything. */
  readonly world: SimulatedWorld
  /** Which client it is, from 0: each makes a mesh of its own, and knows nothing of the others. */
  readonly number: number
}

/** What a simulation needs of a mesh: any `Mesh` will do. */
export interface SimulatedMesh {
  /** Makes the calls. */
  readonly fetch: MeshFetch
  /** Ends it. */
  close(): Promise<void>
}

/** A call, as {@link SimulationOptions.request} describes it. */
export interface SimulatedRequest {
  /** Its URL; the host names the service. */
  readonly url: string
  /** As for `net.fetch`. */
  readonly init?: MeshRequestInit | undefined
}

/** Something that happens during a simulation. */
export interface SimulatedChange {
  /** When, from the beginning. */
  readonly at: Duration
  /** What; see {@link SimulatedWorld}. */
  readonly change: (world: SimulatedWorld) => void
}

/** See {@link simulate}. */
export interface SimulationOptions {
  /** Makes the mesh of one client. */
  readonly mesh: (client: SimulatedClient) => SimulatedMesh
  /** The servers that there are at first. */
  readonly servers: readonly ServerModel[]
  /** When calls begin, those of all clients together; each is made by a client drawn by chance. */
  readonly arrivals: Arrivals
  /** What is called: a URL, or a function of chance and the number of the call. */
  readonly request: string | ((random: Random, number: number) => SimulatedRequest)
  /** How long calls arrive; those that have begun may end afterwards. */
  readonly duration: Duration
  /** What is left out of the figures at the beginning, rounded to an interval. @defaultValue {@link simulationDefaults}.warmUp */
  readonly warmUp?: Duration | undefined
  /** How many clients there are. @defaultValue {@link simulationDefaults}.clients */
  readonly clients?: number | undefined
  /** What happens meanwhile. @defaultValue nothing */
  readonly changes?: readonly SimulatedChange[] | undefined
  /** The same seed gives the same run. @defaultValue {@link simulationDefaults}.seed */
  readonly seed?: string | number | undefined
  /** Into how many parts the time is divided for figures over time. @defaultValue {@link simulationDefaults}.intervals */
  readonly intervals?: number | undefined
  /** How long calls may take to end when no more arrive; those left then are `unfinished`. @defaultValue {@link simulationDefaults}.ending */
  readonly ending?: Duration | undefined
}

/** The defaults of {@link SimulationOptions}. */
export const simulationDefaults: Readonly<{
  warmUp: Duration
  clients: number
  seed: string | number
  intervals: number
  ending: Duration
}> = Object.freeze({ warmUp: 0, clients: 1, seed: 1, intervals: 60, ending: '1m' })
