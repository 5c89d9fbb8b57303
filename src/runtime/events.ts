/**
 * What a mesh tells those who watch it. An event is plain data, and emitting one costs a property look-up when nobody listens.
 *
 * To add one: a line in {@link MeshEvents}, and `host.emit('its-name', {...})` where it happens.
 */

import { hearLateRejection } from './late-rejection.ts'

/**
 * Every event by name, with what it carries. `service` is always the logical name; addresses are endpoint addresses; `route` is there when a call that
 * took one is concerned, or the circuit of one.
 */
export interface MeshEvents {
  /** A service's endpoints changed. */
  'endpoints-changed': {
    readonly service: string
    readonly added: readonly string[]
    readonly removed: readonly string[]
    readonly total: number
  }
  /** A resolver threw; the last good answer stays in use and the resolver is started again after `retryAfterMs`. */
  'resolver-failed': { readonly service: string; readonly resolver: string; readonly error: unknown; readonly retryAfterMs: number }
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
    readonly route?: string
  }
  /** A call was refused by the rate limit of its service. */
  'call-limited': { readonly service: string; readonly retryAfterMs: number; readonly route?: string }
  /** The source of a shared quota cannot be reached; until it is, `policy` says what becomes of calls. */
  'quota-lost': {
    readonly service: string
    readonly source: string
    readonly policy: string
    readonly error: unknown
    readonly route?: string
  }
  /** The source of a shared quota answers again. */
  'quota-recovered': { readonly service: string; readonly source: string; readonly route?: string }
  /** A call was refused with `OVERLOADED`, by the setting `by`: `concurrency`, `concurrency.endpoints` or `admission`. */
  'call-shed': { readonly service: string; readonly by: string; readonly priority: number; readonly route?: string }
  /**
   * An endpoint is left out for `forMs`, because of `rule`, for the `times`-th time by the count of the back-off; or would be, if `enforced` is
   * false. Told again when the probe that should bring it back fails.
   */
  'endpoint-ejected': {
    readonly service: string
    readonly endpoint: string
    readonly rule: string
    readonly forMs: number
    readonly times: number
    readonly enforced: boolean
  }
  /** An endpoint is back after `afterMs`: a probe succeeded, somebody said so, too many were out, or ejection was switched off. */
  'endpoint-readmitted': {
    readonly service: string
    readonly endpoint: string
    readonly afterMs: number
    readonly by: 'probe' | 'by-hand' | 'limit' | 'switched-off'
  }
  /** The health checks of an endpoint found it in another state than before. */
  'health-changed': {
    readonly service: string
    readonly endpoint: string
    readonly state: 'healthy' | 'degraded' | 'unhealthy'
    readonly reason: string
  }
  /** A circuit opened: of an endpoint, or of the service as a whole. One that is not enforced only counts what it would have done. */
  'circuit-opened': {
    readonly service: string
    readonly endpoint: string | undefined
    readonly reason: string
    readonly openForMs: number
    readonly enforced: boolean
    readonly route?: string
  }
  /** The open time of a circuit is over: the next call that is fit for it is the probe that decides. */
  'circuit-half-open': {
    readonly service: string
    readonly endpoint: string | undefined
    readonly enforced: boolean
    readonly route?: string
  }
  /** A probe passed, somebody let a circuit close that was forced open, or a new plan made it begin anew. */
  'circuit-closed': { readonly service: string; readonly endpoint: string | undefined; readonly enforced: boolean; readonly route?: string }
  /** The open circuit of a service refused a call, or would have if it were enforced. */
  'circuit-refused': { readonly service: string; readonly retryAfterMs: number; readonly enforced: boolean; readonly route?: string }
  /** An attempt took longer than others do, or failed, and another one was begun beside it: the call has `attempts` now. `afterMs` is the age of the first one. */
  'attempt-hedged': {
    readonly service: string
    readonly endpoint: string | undefined
    readonly attempts: number
    readonly afterMs: number
    readonly route?: string
  }
  /**
   * A fault was put into an attempt: what was done to it, in words, and whether chance or a header asked for it. What it leads to is told as if
   * it were real.
   */
  'fault-injected': {
    readonly service: string
    readonly endpoint: string
    readonly attempt: number
    readonly fault: 'delay' | 'abort' | 'cut-body' | 'throttle'
    readonly detail: string
    readonly by: 'share' | 'header'
    readonly route?: string
  }
  /** The faults of a service, or of a route, were turned on or off while it runs. */
  'faults-switched': { readonly service: string; readonly enabled: boolean; readonly route?: string }
  /** A call was not copied to the service `to`, and why. */
  'mirror-dropped': {
    readonly service: string
    readonly to: string
    readonly reason: 'in-flight' | 'body-too-large' | 'body-incomplete' | 'no-target' | 'closed'
    readonly route?: string
  }
  /** The ramp of a split went a step further: it is `progress` of its way, from 0 to 1, and `shares` is what each version gets now. */
  'split-stepped': {
    readonly service: string
    readonly by: string
    readonly progress: number
    readonly shares: Readonly<Record<string, number>>
    readonly done: boolean
    readonly route?: string
  }
  /**
   * A split was given up, and all calls go to its stable version: another one did worse, by these figures, or somebody said so. `shares` is what each
   * version got until then.
   */
  'split-aborted': {
    readonly service: string
    readonly by: string
    readonly version: string | undefined
    readonly stable: string
    readonly reason: 'failures' | 'latency' | 'by-hand'
    readonly shares: Readonly<Record<string, number>>
    readonly figures:
      | {
          readonly calls: number
          readonly failureShare: number
          readonly stableCalls: number
          readonly stableFailureShare: number
          readonly worseBy: number
          readonly latencyMs: number | undefined
          readonly stableLatencyMs: number | undefined
        }
      | undefined
    readonly route?: string
  }
  /** A split that was aborted goes on where it was. */
  'split-resumed': {
    readonly service: string
    readonly by: string
    readonly progress: number
    readonly shares: Readonly<Record<string, number>>
    readonly route?: string
  }
  /** A user's code (policy, balancer, meter, classifier) threw; the mesh went on without it for this call. */
  'part-threw': { readonly service: string; readonly part: string; readonly error: unknown }
  /** A balancer went wrong `faults` times in a row for one set of endpoints, and is not asked any more until that set changes. */
  'balancer-bypassed': { readonly service: string; readonly balancer: string; readonly faults: number }
  /** A connection to an endpoint is closed, by whichever side, after it was open for `openForMs`. */
  'connection-closed': { readonly service: string; readonly endpoint: string; readonly openForMs: number }
  /** A new plan is in force. */
  'plan-applied': { readonly added: readonly string[]; readonly removed: readonly string[]; readonly changed: readonly string[] }
  /** A plan file that is watched cannot be used; the plan that was in force goes on. `problems` is empty when the mesh could not apply it for another reason. */
  'plan-refused': {
    readonly file: string
    readonly problems: readonly {
      readonly path: string
      readonly expected: string
      readonly received: string
      readonly line: number
      readonly column: number
    }[]
    readonly error: unknown
  }
}

/** An event's name. */
export type MeshEventName = keyof MeshEvents

/** Any event, with its name. */
export type HeardEvent = { readonly [Name in MeshEventName]: { readonly name: Name; readonly event: MeshEvents[Name] } }[MeshEventName]

/** Tells an event to whoever listens. */
export type Emit = <Name extends MeshEventName>(name: Name, event: MeshEvents[Name]) => void

/** Hears an event. What it throws is thrown away, and so is the rejection of one that is asynchronous: a watcher cannot hurt a call. */
export type MeshEventListener<Name extends MeshEventName> = (event: MeshEvents[Name]) => void

/** Keeps the listeners of one mesh. */
export class Events {
  readonly #listeners = new Map<MeshEventName | '*', Set<(heard: never) => void>>()

  /** Tells everyone who listens to `name`, and everyone who listens to all. */
  readonly emit: Emit = (name, event) => {
    const listeners = this.#listeners.get(name)
    if (listeners !== undefined) tell(listeners, event)
    const all = this.#listeners.get('*')
    if (all !== undefined) tell(all, { name, event })
  }

  /**
   * Adds a listener: to one event, or with `'*'` to all, those included that later versions add.
   *
   * @returns a function that takes it away again.
   */
  on<Name extends MeshEventName>(name: Name, listener: MeshEventListener<Name>): () => void
  on(name: '*', listener: (heard: HeardEvent) => void): () => void
  on(name: MeshEventName | '*', listener: (heard: never) => void): () => void {
    // A function of its own for each call of this one, so that who listens twice is told twice, and each of the two can leave alone.
    const guest = (heard: never): void => listener(heard)
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

function tell(listeners: ReadonlySet<(heard: never) => void>, heard: unknown): void {
  for (const listener of listeners) {
    try {
      hearLateRejection(listener(heard as never))
    } catch {
      // A listener is a guest on the path of a call.
    }
  }
}
