import { durationMs } from '../runtime/duration.ts'
import type { Host } from '../runtime/host.ts'
import { BackOff } from './back-off.ts'
import { directoryDefaults } from './directory-options.ts'
import { errorText } from './error-text.ts'
import { numberedStream } from './numbered-stream.ts'
import type { Resolution, Resolver } from './resolver.ts'
import { ResolverRun } from './resolver-run.ts'

/** What is known of one of several resolvers. */
export interface SourceView {
  /** The resolver's name. */
  readonly name: string
  /** Its last good answer; `undefined` before the first. */
  readonly resolution: Resolution | undefined
  /** Whether its last word was a fault. */
  readonly failing: boolean
  /** What that fault was. */
  readonly error: unknown
}

/** Several resolvers that run side by side, each started again with back-off when it fails and each with its last good answer. */
export class Sources {
  readonly #views: SourceView[]
  readonly #runs: ResolverRun[]
  #unfinished: number
  #changed = false
  #wake: (() => void) | undefined

  /**
   * @param resolvers in the order in which they count.
   * @param service the logical name.
   * @param host time, chance and events.
   */
  constructor(resolvers: readonly Resolver[], service: string, host: Host) {
    const random = numberedStream(host.random, 'sources')
    const initialMs = durationMs(directoryDefaults.backoff.initial, 'initial')
    const maxMs = durationMs(directoryDefaults.backoff.max, 'max')
    this.#unfinished = resolvers.length
    this.#views = resolvers.map(({ name }) => ({ name, resolution: undefined, failing: false, error: undefined }))
    this.#runs = resolvers.map((resolver, i) => {
      const name = resolver.name
      return new ResolverRun({
        resolver,
        service,
        clock: host.clock,
        backOff: new BackOff(initialMs, maxMs, random),
        // Whoever runs the whole has limited the wishes already.
        refreshGapMs: 0,
        listener: {
          answered: (resolution) => this.#set(i, { name, resolution, failing: false, error: undefined }),
          recovered: (failures) => host.emit('resolver-recovered', { service, resolver: name, failures }),
          failed: (error, retryAfterMs) => {
            host.emit('resolver-failed', { service, resolver: name, error, retryAfterMs })
            this.#set(i, { name, resolution: this.#views[i]?.resolution, failing: true, error })
          },
          finished: () => {
            this.#unfinished -= 1
            this.notify()
          },
        },
      })
    })
  }

  /** What each of them says at the moment. */
  get views(): readonly SourceView[] {
    return this.#views
  }

  /** Whether every one has given its final answer. */
  get finished(): boolean {
    return this.#unfinished === 0
  }

  /** Starts them all. */
  start(): void {
    for (const run of this.#runs) run.start()
  }

  /** Asks each for a fresh answer. */
  refresh(): void {
    for (const run of this.#runs) run.refresh()
  }

  /** Stops them all. */
  close(): void {
    for (const run of this.#runs) run.close()
    this.notify()
  }

  /** Resolves when something has changed since the last time this resolved. For one who waits. */
  async changed(): Promise<void> {
    if (!this.#changed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.#changed = false
  }

  /** Lets {@link changed} resolve. */
  notify(): void {
    this.#changed = true
    this.#wake?.()
    this.#wake = undefined
  }

  #set(i: number, view: SourceView): void {
    this.#views[i] = view
    this.notify()
  }
}

/** The fault of sources of which none has an answer to go by. */
export function sourcesFault(name: string, failing: readonly SourceView[]): Error {
  const errors = failing.map((view) => view.error)
  const reasons = failing.map((view) => `${view.name}: ${errorText(view.error)}`).join('; ')
  return new AggregateError(errors, `resolver ${name}: no source has an answer: ${reasons}`)
}
