import { numberedStream } from '../discovery/numbered-stream.ts'
import { ConfigError, type ConfigProblem } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Host, Part } from '../runtime/host.ts'

/** Makes the parts of one service, each with a stream of chance of its own, and remembers what goes wrong until all were tried. */
export class PartMaker {
  readonly #host: Host
  readonly #path: string
  readonly #parent: PartMaker | undefined
  readonly #problems: ConfigProblem[] = []
  #cause: unknown

  /**
   * @param host the service.
   * @param path where the service stands in the plan.
   * @param parent is told of what goes wrong, too.
   */
  constructor(host: Host, path: string, parent?: PartMaker) {
    this.#host = host
    this.#path = path
    this.#parent = parent
  }

  /** The source of time. */
  get clock(): Clock {
    return this.#host.clock
  }

  /** What went wrong so far. */
  get problems(): readonly ConfigProblem[] {
    return this.#problems
  }

  /** The first error. */
  get cause(): unknown {
    return this.#cause
  }

  /**
   * Makes a part.
   *
   * @param slot where the part stands in the service.
   * @param create makes it.
   * @returns the part; when `create` throws, nothing that could be used, and {@link problems} says so.
   */
  make<T>(slot: string, create: Part<T>): T {
    try {
      return create({ ...this.#host, random: numberedStream(this.#host.random, slot) })
    } catch (error) {
      this.fail(slot, error)
      return undefined as T
    }
  }

  /**
   * Makes the parts of something within the service.
   *
   * @param slot where it stands in the service.
   * @param label names its stream of chance, so that it changes nothing of what others draw.
   */
  within(slot: string, label: string): PartMaker {
    return new PartMaker({ ...this.#host, random: numberedStream(this.#host.random, label) }, `${this.#path}.${slot}`, this)
  }

  /** Remembers what went wrong with a part. */
  fail(slot: string, error: unknown): void {
    const path = `${this.#path}.${slot}`
    if (ConfigError.is(error)) for (const problem of error.problems) this.#add({ ...problem, path: `${path}.${problem.path}` }, error)
    else {
      const received = error instanceof Error ? error.message : printValue(error)
      this.#add({ path, expected: 'a part that can be made', received }, error)
    }
  }

  #add(problem: ConfigProblem, cause: unknown): void {
    this.#cause ??= cause
    this.#problems.push(problem)
    if (this.#parent !== undefined) this.#parent.#add(problem, cause)
  }
}
