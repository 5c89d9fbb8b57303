/**
 * What a mesh tells those who watch it. An event is plain data, and emitting one costs a property look-up when nobody listens.
 *
 * To add one: a line in {@link MeshEvents}, and `host.emit('its-name', {...})` where it happens.
 */

/** Every event by name, with what it carries. `service` is always the logical name; addresses are endpoint addresses. */
export interface MeshEvents {
  /** A service's endpoints changed. */
  'endpoints-changed': {
    readonly service: string
    readonly added: readonly string[]
    readonly removed: readonly string[]
    readonly total: number
  }
  /** A resolver threw; the last good answer stays in use and the resolver is started again after `retryInMs`. */
  'resolver-failed': { readonly service: string; readonly resolver: string; readonly error: unknown; readonly retryInMs: number }
  /** A resolver answered again after it had failed `failures` times in a row. */
  'resolver-recovered': { readonly service: string; readonly resolver: string; readonly failures: number }
  /** A resolver suddenly answered with nothing; the last good answer is kept for `holdMs` before the empty one is believed. */
  'empty-answer-held': { readonly service: string; readonly resolver: string; readonly endpoints: number; readonly holdMs: number }
  /** A resolver's answer held an endpoint that cannot be used; the others are used. */
  'endpoint-refused': { readonly service: string; readonly resolver: string; readonly endpoint: string; readonly problem: string }
  /** The file that keeps a service's last good answer could not be read or written; the mesh goes on without it. */
  'snapshot-file-failed': { readonly service: string; readonly file: string; readonly error: unknown }
  /** An attempt failed and the call goes on to another one. */
  'attempt-repeated': {
    readonly service: string
    readonly endpoint: string
    readonly code: string
    readonly attempt: number
    readonly sent: boolean
    readonly waitMs: number
  }
  /** An attempt took longer than others do, or failed, and another one was begun beside it: the call has `attempts` now. `afterMs` is the age of the first one. */
  'attempt-hedged': { readonly service: string; readonly endpoint: string | undefined; readonly attempts: number; readonly afterMs: number }
  /** A user's code (policy, balancer, meter, classifier) threw; the mesh went on without it for this call. */
  'part-threw': { readonly service: string; readonly part: string; readonly error: unknown }
  /** A new plan is in force. */
  'plan-applied': { readonly added: readonly string[]; readonly removed: readonly string[]; readonly changed: readonly string[] }
}

/** An event's name. */
export type MeshEventName = keyof MeshEvents

/** Tells an event to whoever listens. */
export type Emit = <Name extends MeshEventName>(name: Name, event: MeshEvents[Name]) => void

/** Hears an event. What it throws is thrown away: a watcher cannot hurt a call. */
export type MeshEventListener<Name extends MeshEventName> = (event: MeshEvents[Name]) => void

/** Keeps the listeners of one mesh. */
export class Events {
  readonly #listeners = new Map<MeshEventName, Set<MeshEventListener<MeshEventName>>>()

  /** Tells everyone who listens to `name`. */
  readonly emit: Emit = (name, event) => {
    const listeners = this.#listeners.get(name)
    if (listeners === undefined) return
    for (const listener of listeners) {
      try {
        listener(event)
      } catch {
        // A listener is a guest on the path of a call.
      }
    }
  }

  /**
   * Adds a listener.
   *
   * @returns a function that takes it away again.
   */
  on<Name extends MeshEventName>(name: Name, listener: MeshEventListener<Name>): () => void {
    // A function of its own for each call of this one, so that who listens twice is told twice, and each of the two can leave alone.
    const guest: MeshEventListener<MeshEventName> = (event) => (listener as unknown as MeshEventListener<MeshEventName>)(event)
    let listeners = this.#listeners.get(name)
    if (listeners === undefined) {
      listeners = new Set()
      this.#listeners.set(name, listeners)
    }
    listeners.add(guest)
    return () => {
      // Leaving a second time must not take away the set that others have made since.
      if (listeners.delete(guest) && listeners.size === 0) this.#listeners.delete(name)
    }
  }
}
