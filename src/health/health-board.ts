/**
 * Who is fit to serve?
 *
 * Several judges watch the endpoints of a service: ejection, circuits, active checks, what a server says of itself, what discovery says.
 * Each notes its finding on the *board* under a name of its own; the worst finding counts. Routing reads the board, and nothing else: it never
 * knows who found what. The judges never know about balancing, calls that are under way, or each other.
 *
 * What is noted belongs to the endpoint object, so it survives every update of the set and vanishes with the endpoint.
 *
 * To add one: a file here that notes its findings with {@link HealthBoard.note} under a new name, and its place where services are put together.
 *
 * @example
 * ```ts
 * import type { Endpoint, HealthBoard } from 'proxyless'
 *
 * // Keeps one zone out for as long as somebody says so.
 * export function keepOut(board: HealthBoard, endpoints: readonly Endpoint[], zone: string, out: boolean): void {
 *   for (const endpoint of endpoints) {
 *     if (endpoint.locality.zone === zone) board.note(endpoint, 'evacuation', out ? 'unhealthy' : undefined)
 *   }
 * }
 * ```
 */
import { type Endpoint, RosterEndpoint } from '../endpoint/endpoint.ts'

/** `degraded`: used when there are not enough healthy ones; `unhealthy`: not used unless too few are left (panic). */
export type HealthState = 'healthy' | 'degraded' | 'unhealthy'

/** What routing needs to know of the health of endpoints. */
export interface HealthView {
  /** Another number whenever the state of an endpoint changed. */
  readonly version: number
  /** The worst that is noted of an endpoint; `healthy` if nothing is. */
  stateOf(endpoint: Endpoint): HealthState
  /** Whether it leaves as planned, so that its tier is not short of it; without this, what discovery says. */
  isLeaving?(endpoint: Endpoint): boolean
  /** Whether it wants no more calls, as planned or as it said itself: it is spared even in panic. Without this, those that are leaving. */
  isSpared?(endpoint: Endpoint): boolean
}

/** What is noted of one endpoint: the finding of each judge, and the worst of them. */
interface Entry {
  readonly board: HealthBoard
  readonly findings: Map<string, HealthState>
  state: HealthState
}

/** The name under which it is noted that somebody lets an endpoint drain. */
export const drained = 'drained'

/** The name under which it is noted what an endpoint said of itself in a reply: as `unhealthy`, that it drains. */
export const announced = 'announced'

const ranks = { healthy: 0, degraded: 1, unhealthy: 2 } as const satisfies Record<HealthState, number>

const noFindings: ReadonlyMap<string, HealthState> = new Map()

/** The findings about the endpoints of one service. */
export class HealthBoard implements HealthView {
  readonly #entries = new WeakMap<Endpoint, Entry>()
  readonly #changed: (() => void) | undefined
  #version = 0

  /** @param changed told whenever {@link HealthView.version} moves: often many times in a row. */
  constructor(changed?: () => void) {
    this.#changed = changed
  }

  /** See {@link HealthView.version}. */
  get version(): number {
    return this.#version
  }

  /** See {@link HealthView.stateOf}. */
  stateOf(endpoint: Endpoint): HealthState {
    // Asked of everybody whenever one of them changes: most are not looked up.
    const noted = (endpoint as RosterEndpoint).noted as Entry | null | undefined
    if (noted === null) return 'healthy'
    return (noted?.board === this ? noted : this.#entries.get(endpoint))?.state ?? 'healthy'
  }

  /** See {@link HealthView.isLeaving}. */
  isLeaving(endpoint: Endpoint): boolean {
    return endpoint.health === 'draining' || this.findingsOf(endpoint).has(drained)
  }

  /** See {@link HealthView.isSpared}. */
  isSpared(endpoint: Endpoint): boolean {
    return this.isLeaving(endpoint) || this.findingsOf(endpoint).get(announced) === 'unhealthy'
  }

  /** What each judge noted of an endpoint, by the judge's name; only what speaks against it. */
  findingsOf(endpoint: Endpoint): ReadonlyMap<string, HealthState> {
    return this.#entries.get(endpoint)?.findings ?? noFindings
  }

  /**
   * Notes a finding in place of the judge's last one.
   *
   * @param endpoint whom it is about.
   * @param judge the name of the judge, such as `'ejection'`.
   * @param state what it found; `undefined` and `'healthy'` take back what it noted before.
   */
  note(endpoint: Endpoint, judge: string, state: HealthState | undefined): void {
    let entry = this.#entries.get(endpoint)
    const finding = state ?? 'healthy'
    if ((entry?.findings.get(judge) ?? 'healthy') === finding) return
    if (entry === undefined) {
      entry = { board: this, findings: new Map(), state: 'healthy' }
      this.#entries.set(endpoint, entry)
      if (endpoint instanceof RosterEndpoint) endpoint.noted ??= entry
    }
    if (finding === 'healthy') entry.findings.delete(judge)
    else entry.findings.set(judge, finding)
    const worst = worstOf(entry.findings)
    if (worst === entry.state && judge !== drained && judge !== announced) return
    entry.state = worst
    this.#version += 1
    this.#changed?.()
  }
}

function worstOf(findings: ReadonlyMap<string, HealthState>): HealthState {
  let worst: HealthState = 'healthy'
  for (const state of findings.values()) if (ranks[state] > ranks[worst]) worst = state
  return worst
}
