import type { Cancellation } from '../call/cancellation.ts'
import type { Endpoint, EndpointSpec } from '../endpoint/endpoint.ts'
import type { Roster, RosterChange } from '../endpoint/roster.ts'
import type { Host } from '../runtime/host.ts'
import type { Random } from '../runtime/random.ts'
import { ColdStart } from './cold-start.ts'
import type { DirectoryOptions } from './directory-options.ts'
import type { DirectorySnapshot, DirectoryState } from './directory-snapshot.ts'
import { type DirectorySource, directorySource } from './directory-source.ts'
import { errorText } from './error-text.ts'
import { numberedStream } from './numbered-stream.ts'
import { mustHaveUsable, Refusals } from './refusals.ts'
import type { Resolution, Resolver } from './resolver.ts'
import { WaitingRoom } from './waiting-room.ts'

/** What a {@link Directory} is made with. */
export interface DirectoryParts {
  /** The logical name of the service. */
  readonly service: string
  /** Time, chance and events. */
  readonly host: Host
  /** Where endpoints come from. */
  readonly resolver: Resolver
  /** The service's endpoints; the directory is the only one who updates it. */
  readonly roster: Roster
  /** See {@link DirectoryOptions}. */
  readonly options?: DirectoryOptions | undefined
}

/**
 * Knows a service's endpoints: runs the resolver, starts it again when it fails, keeps the last good answer for ever, and distrusts a
 * sudden empty one for a while.
 */
export class Directory {
  readonly #service: string
  readonly #host: Host
  readonly #random: Random
  readonly #roster: Roster
  readonly #listeners = new Set<(change: RosterChange) => void>()
  readonly #waiting: WaitingRoom
  readonly #refusals: Refusals
  #source: DirectorySource
  #coldStart: ColdStart | undefined
  #life: 'new' | 'started' | 'closed' = 'new'
  #state: DirectoryState = 'unresolved'
  #version = 0
  /** The answer in use. */
  #specs: readonly EndpointSpec[] = []
  #answeredAt: { readonly now: number; readonly wallTime: number } | undefined
  #fromFile = false

  constructor(parts: DirectoryParts) {
    this.#service = parts.service
    this.#host = parts.host
    this.#waiting = new WaitingRoom(parts.host.clock)
    this.#random = numberedStream(parts.host.random, 'directory')
    this.#roster = parts.roster
    this.#refusals = new Refusals(({ url, problem }) => {
      this.#host.emit('endpoint-refused', { service: this.#service, resolver: this.#source.resolver.name, endpoint: url, problem })
    })
    this.#source = this.#open(parts.resolver, parts.options)
  }

  /** What is known; `'resolved'` means at least one endpoint. */
  get state(): DirectoryState {
    return this.#state
  }

  /** The endpoints that there are, in a frozen array. */
  get endpoints(): readonly Endpoint[] {
    return this.#roster.endpoints
  }

  /** Differs whenever an endpoint came, went, or something about one changed. */
  get version(): number {
    return this.#version
  }

  /** What the resolver threw last, until it answers again. */
  get lastError(): unknown {
    return this.#source.lastError
  }

  /** Starts the resolver; once. */
  start(): void {
    if (this.#life !== 'new') return
    this.#life = 'started'
    this.#begin()
  }

  /**
   * Calls `listener` after each change of the endpoints.
   *
   * @returns a function that takes it away again.
   */
  onChange(listener: (change: RosterChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Resolves when there is something to say about the endpoints: at once after the first answer; else at the first answer, when the
   * resolver fails, when `cancellation` is cancelled, or when the directory closes. It never rejects. Asking about a resolver that failed
   * and never answered makes it start again soon.
   */
  settled(cancellation: Cancellation): Promise<void> {
    if (!this.#isSettled()) return this.#waiting.wait(cancellation)
    if (this.#state === 'unresolved') this.refresh()
    return Promise.resolve()
  }

  /** Wants a fresh answer soon; passed on to the resolver at most once in `refreshGap`. */
  refresh(): void {
    this.#source.run.refresh()
  }

  /** Goes on with another resolver. The endpoints stay as they are until it answers. */
  replace(resolver: Resolver, options?: DirectoryOptions): void {
    if (this.#life === 'closed') return
    this.#end()
    this.#source = this.#open(resolver, options)
    if (this.#life === 'started') this.#begin()
  }

  /** Reads the last answer once more, because the service's TLS settings changed what an address without a protocol means. */
  reread(): void {
    if (this.#life !== 'closed') this.#update(this.#specs)
  }

  /** What is known about where the endpoints come from, as plain data. */
  snapshot(): DirectorySnapshot {
    const { resolver, run, guard, lastError } = this.#source
    return {
      state: this.#state,
      resolver: resolver.name,
      endpoints: this.endpoints.length,
      answeredAt: this.#answeredAt?.wallTime,
      ageMs: this.#answeredAt === undefined ? undefined : this.#host.clock.now() - this.#answeredAt.now,
      failures: run.failures,
      lastError: lastError === undefined ? undefined : errorText(lastError),
      held: guard.holding,
      fromFile: this.#fromFile,
    }
  }

  /** Stops the resolver for good; endpoints stay readable. Resolves when the snapshot file is written. */
  async close(): Promise<void> {
    this.#life = 'closed'
    this.#end()
    this.#listeners.clear()
    this.#waiting.release()
    await this.#source.file?.flushed()
  }

  #begin(): void {
    const { file, settings, run } = this.#source
    if (file !== undefined && this.#state === 'unresolved') {
      this.#coldStart = new ColdStart(file, this.#service, this.#host.clock, settings.snapshotAfterMs, (specs) => this.#useKept(specs))
    }
    run.start()
  }

  #end(): void {
    this.#source.run.close()
    this.#source.guard.clear()
    this.#coldStart?.end()
  }

  #isSettled(): boolean {
    if (this.#state !== 'unresolved' || this.#life === 'closed') return true
    return this.#source.run.failures > 0 && this.#coldStart?.over !== false
  }

  #answered(resolution: Resolution): void {
    if (resolution.kind === 'absent') return this.#accept('absent', [])
    const specs = resolution.endpoints
    if (specs.length > 0) mustHaveUsable(specs, this.#source.resolver.name)
    else if (this.endpoints.length > 0) {
      const { guard, resolver, settings } = this.#source
      const verdict = guard.take()
      if (verdict === 'held') {
        const facts = { endpoints: this.endpoints.length, holdMs: settings.emptyGuardMs }
        this.#host.emit('empty-answer-held', { service: this.#service, resolver: resolver.name, ...facts })
      }
      if (verdict !== 'believed') return
    }
    this.#accept('empty', specs)
  }

  /** Takes an answer as the truth. */
  #accept(stateWithout: 'absent' | 'empty', specs: readonly EndpointSpec[]): void {
    const source = this.#source
    const { clock } = this.#host
    source.guard.clear()
    this.#coldStart?.end()
    this.#fromFile = false
    this.#answeredAt = { now: clock.now(), wallTime: clock.wallTime() }
    this.#state = specs.length > 0 ? 'resolved' : stateWithout
    const changed = this.#update(specs)
    if (changed || !source.kept) {
      source.kept = true
      const { wallTime } = this.#answeredAt
      source.file?.write({ service: this.#service, resolver: source.resolver.name, answeredAt: wallTime, endpoints: specs })
    }
    this.#waiting.release()
  }

  /** Takes what the snapshot file holds. */
  #useKept(specs: readonly EndpointSpec[] | undefined): void {
    if (specs !== undefined) this.#update(specs)
    if (this.endpoints.length > 0) {
      this.#fromFile = true
      this.#state = 'resolved'
    }
    if (this.#isSettled()) this.#waiting.release()
  }

  /** Tells whether anything changed. */
  #update(specs: readonly EndpointSpec[]): boolean {
    this.#specs = specs
    const change = this.#roster.update(specs)
    this.#refusals.note(change.refused)
    const { added, removed, altered } = change
    if (added.length + removed.length + altered.length === 0) return false
    this.#version += 1
    const facts = { added: added.map((endpoint) => endpoint.address), removed: removed.map((endpoint) => endpoint.address) }
    this.#host.emit('endpoints-changed', { service: this.#service, ...facts, total: this.endpoints.length })
    for (const listener of [...this.#listeners]) {
      try {
        listener(change)
      } catch (error) {
        this.#host.emit('part-threw', { service: this.#service, part: 'a listener of endpoint changes', error })
      }
    }
    return true
  }

  #open(resolver: Resolver, options: DirectoryOptions | undefined): DirectorySource {
    return directorySource(this.#service, this.#host, this.#random, resolver, options, {
      answered: (resolution) => this.#answered(resolution),
      failed: () => {
        this.#coldStart?.hurry()
        if (this.#isSettled()) this.#waiting.release()
      },
      believedEmpty: () => this.#accept('empty', []),
    })
  }
}
