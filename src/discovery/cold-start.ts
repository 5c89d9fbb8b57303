import type { EndpointSpec } from '../endpoint/endpoint.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import type { SnapshotFile } from './snapshot-file.ts'

/**
 * Offers the endpoints that an earlier process kept: at once when the resolver fails, else after a while. Not sooner, for they may be
 * old, and a resolver that works mostly answers within milliseconds.
 */
export class ColdStart {
  readonly #use: (specs: readonly EndpointSpec[] | undefined) => void
  readonly #timer: Timer
  #state: 'reading' | 'read' | 'over' = 'reading'
  #specs: readonly EndpointSpec[] | undefined
  #wanted = false

  /**
   * @param file where they are kept.
   * @param service whose they are.
   * @param clock where time comes from.
   * @param afterMs how long the resolver may take, in milliseconds.
   * @param use called at most once, with what the file holds.
   */
  constructor(
    file: SnapshotFile,
    service: string,
    clock: Clock,
    afterMs: number,
    use: (specs: readonly EndpointSpec[] | undefined) => void,
  ) {
    this.#use = use
    this.#timer = clock.schedule(afterMs, () => this.hurry(), { background: true })
    void file.read(service).then((specs) => {
      if (this.#state !== 'reading') return
      this.#state = 'read'
      this.#specs = specs
      if (this.#wanted) this.#offer()
    })
  }

  /** Whether the file was read, and used if there was reason to. */
  get over(): boolean {
    return this.#state === 'over'
  }

  /** The resolver failed, or took too long. */
  hurry(): void {
    this.#wanted = true
    if (this.#state === 'read') this.#offer()
  }

  /** The resolver answered. */
  end(): void {
    this.#state = 'over'
    this.#timer.cancel()
  }

  #offer(): void {
    this.end()
    this.#use(this.#specs)
  }
}
