import type { Clock } from '../runtime/clock.ts'
import type { MeshEventName, MeshEvents } from '../runtime/events.ts'
import type { AdminMesh } from './admin-mesh.ts'
import { percent } from './figures.ts'
import type { EventLine } from './overview.ts'

/** Most events that are kept. */
const most = 100

/** Events that are rare, and how each reads. Those that come with single calls are not among them: they would push out the others. */
const words: { readonly [Name in MeshEventName]?: (event: MeshEvents[Name]) => string } = {
  'endpoints-changed': ({ added, removed, total }) => `endpoints: ${added.length} came, ${removed.length} left, ${total} now`,
  'resolver-failed': ({ resolver, error }) => `resolver ${resolver} failed: ${error instanceof Error ? error.message : String(error)}`,
  'resolver-recovered': ({ resolver, failures }) => `resolver ${resolver} answers again after ${failures} failures`,
  'empty-answer-held': ({ resolver, endpoints }) =>
    `resolver ${resolver} answered with nothing; ${endpoints} endpoints are kept for a while`,
  'endpoint-refused': ({ endpoint, problem }) => `${endpoint} cannot be used: ${problem}`,
  'endpoint-ejected': ({ endpoint, rule, forMs, enforced }) =>
    `${endpoint} ${enforced ? 'ejected' : 'would be ejected'}${lasting(forMs)}: ${rule}`,
  'endpoint-readmitted': ({ endpoint, by }) => `${endpoint} readmitted: ${by}`,
  'health-changed': ({ endpoint, state, reason }) => `${endpoint} is ${state}: ${reason}`,
  'circuit-opened': ({ endpoint, reason, openForMs }) => `circuit of ${endpoint ?? 'the service'} opened${lasting(openForMs)}: ${reason}`,
  'circuit-half-open': ({ endpoint }) => `circuit of ${endpoint ?? 'the service'} waits for its probe`,
  'circuit-closed': ({ endpoint }) => `circuit of ${endpoint ?? 'the service'} closed`,
  'balancer-bypassed': ({ balancer, faults }) => `balancer ${balancer} is bypassed after ${faults} faults in a row`,
  'quota-lost': ({ source, policy, error }) =>
    `quota ${source} cannot be reached (${policy}): ${error instanceof Error ? error.message : String(error)}`,
  'quota-recovered': ({ source }) => `quota ${source} answers again`,
  'faults-switched': ({ enabled }) => `faults are switched ${enabled ? 'on' : 'off'}`,
  'split-stepped': ({ shares, done }) => `split ${done ? 'has arrived' : 'went a step further'}: ${sharesText(shares)}`,
  'split-aborted': ({ version, stable, reason }) =>
    `split aborted, everything to ${stable}: ${version ?? ''} ${reason}`.replace(':  ', ': '),
  'split-resumed': ({ shares }) => `split goes on: ${sharesText(shares)}`,
  'plan-refused': ({ file, problems, error }) => {
    const [first] = problems
    if (first === undefined) return `plan file ${file} refused: ${error instanceof Error ? error.message : String(error)}`
    return `plan file ${file} refused, ${problems.length === 1 ? '1 problem' : `${problems.length} problems`}: line ${first.line}, ${first.path}: expected ${first.expected}`
  },
  'plan-applied': ({ added, removed, changed }) =>
    `new plan: ${added.length} services added, ${removed.length} removed, ${changed.length} changed`,
}

/** The last events of a mesh, newest first. */
export class EventLog {
  readonly #lines: EventLine[] = []
  readonly #leave: readonly (() => void)[]
  #numbered = 0

  /**
   * @param net whose events.
   * @param clock says when they came.
   */
  constructor(net: Pick<AdminMesh, 'on'>, clock: Clock) {
    this.#leave = (Object.keys(words) as MeshEventName[]).map((name) =>
      net.on(name, (event) => {
        const { service } = event as { service?: string }
        const text = (words[name] as (event: unknown) => string)(event)
        this.#numbered += 1
        this.#lines.unshift({ number: this.#numbered, at: clock.wallTime(), event: name, service, text: text.slice(0, 500) })
        if (this.#lines.length > most) this.#lines.pop()
      }),
    )
  }

  /** Newest first. */
  get lines(): readonly EventLine[] {
    return this.#lines
  }

  /** Hears nothing any more. */
  close(): void {
    for (const leave of this.#leave) leave()
  }
}

function sharesText(shares: Readonly<Record<string, number>>): string {
  const parts = Object.entries(shares).map(([version, share]) => `${version} ${percent(share)}`)
  return parts.join(', ')
}

function lasting(ms: number): string {
  return Number.isFinite(ms) ? ` for ${Math.round(ms / 100) / 10} s` : ''
}
