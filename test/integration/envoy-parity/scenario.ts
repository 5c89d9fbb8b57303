import { type EndpointSpec, fixed, type ResolverPart } from '../../../src/index.ts'

/** One server of a scenario, as both sides are told of it. */
export interface ScenarioEndpoint {
  readonly weight?: number
  readonly priority?: number
  readonly zone?: string
  readonly health?: 'degraded' | 'draining' | 'unhealthy'
  /** How long it holds a call back, in milliseconds. */
  readonly holdMs?: number
}

/** What is asked of a mesh. */
export interface ParityMesh {
  fetch(url: string, init: { readonly headers: Record<string, string> }): Promise<Response>
  close(): Promise<void>
}

/** The same task for Envoy and for a mesh. */
export interface Scenario {
  /** A sentence fragment, also the key of the row in the table. */
  readonly title: string
  readonly endpoints: readonly ScenarioEndpoint[]
  /** The cluster's settings in Envoy, beside its endpoints. */
  readonly envoy: object
  /** Envoy's weights of zones. */
  readonly zoneWeights?: Readonly<Record<string, number>>
  /** The mesh, with one service called `orders`. */
  readonly mesh: (resolver: ResolverPart) => ParityMesh
  readonly calls: number
  /** How many callers make them, each one call after the other. */
  readonly callers: number
  /** What goes together in the table, such as a priority. */
  readonly group: (endpoint: ScenarioEndpoint, index: number) => string
  /** The share of each group by arithmetic, if there is one. */
  readonly meant?: Readonly<Record<string, number>>
  /** Whether calls take turns, so that counts are off by the few calls of a turn and not by chance. */
  readonly inTurns?: boolean
  /** What the mesh does otherwise, and is meant to: docs/balancing.md says why. */
  readonly differs?: Difference
}

/** A difference that is wanted. */
export interface Difference {
  /** The group whose share tells them apart. */
  readonly group: string
  /** The most, as a share, that the mesh gives to it. */
  readonly meshAtMost: number
  /** The least that Envoy does. */
  readonly envoyAtLeast: number
}

/** So many endpoints alike. */
export function many(count: number, endpoint: ScenarioEndpoint = {}): readonly ScenarioEndpoint[] {
  return Array.from({ length: count }, () => endpoint)
}

/** A scenario's endpoints as a mesh is told of them. */
export function resolverOf({ endpoints }: Scenario, ports: readonly number[]): ResolverPart {
  const specs = endpoints.map(({ weight, priority, zone, health }, i): EndpointSpec => {
    return { url: `http://127.0.0.1:${ports[i]}`, weight, priority, zone, health }
  })
  return fixed(specs)
}
