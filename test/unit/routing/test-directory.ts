import type { CancelListener, Cancellation } from '../../../src/call/cancellation.ts'
import type { Endpoint, EndpointSpec } from '../../../src/endpoint/endpoint.ts'
import { Roster } from '../../../src/endpoint/roster.ts'
import type { DirectoryView } from '../../../src/routing/directory-view.ts'

/** A directory whose truth a test sets. */
export class TestDirectory implements DirectoryView {
  readonly #roster = new Roster()
  readonly #waiting = new Set<() => void>()
  state: DirectoryView['state'] = 'unresolved'
  version = 0
  lastError: unknown
  refreshes = 0

  constructor(...specs: readonly (string | EndpointSpec)[]) {
    if (specs.length > 0) this.set(...specs)
  }

  get endpoints(): readonly Endpoint[] {
    return this.#roster.endpoints
  }

  /** How many calls wait for an answer. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** A full answer. */
  set(...specs: readonly (string | EndpointSpec)[]): void {
    this.#roster.update(specs.map((spec) => (typeof spec === 'string' ? { url: spec } : spec)))
    this.version += 1
    this.become(specs.length > 0 ? 'resolved' : 'empty')
  }

  /** Another state, and no endpoints unless there were some. */
  become(state: DirectoryView['state']): void {
    this.state = state
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  settled(cancellation: Cancellation): Promise<void> {
    return new Promise((resolve) => {
      const listener: CancelListener = { cancelled: () => resolve() }
      cancellation.add(listener)
      this.#waiting.add(() => {
        cancellation.remove(listener)
        resolve()
      })
    })
  }

  refresh(): void {
    this.refreshes += 1
  }
}
