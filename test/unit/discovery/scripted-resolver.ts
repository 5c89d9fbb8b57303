import type { Resolver, ResolverYield, Watch } from '../../../src/discovery/resolver.ts'

type Line = { readonly answer: unknown } | { readonly fault: unknown } | 'return'

/** A resolver that says what the test tells it to. */
export class ScriptedResolver implements Resolver {
  readonly name: string
  readonly watches: Watch[] = []
  /** How many watches have come to their end. */
  ended = 0
  /** How often a pause that the resolver was in ended. */
  woken = 0
  readonly #lines: Line[] = []
  #wake: (() => void) | undefined

  constructor(name = 'scripted') {
    this.name = name
  }

  answer(answer: ResolverYield): void {
    this.#say({ answer })
  }

  answerAnything(answer: unknown): void {
    this.#say({ answer })
  }

  fail(fault: unknown = new Error('out of order')): void {
    this.#say({ fault })
  }

  finish(): void {
    this.#say('return')
  }

  async *watch(_service: string, watch: Watch): AsyncGenerator<ResolverYield> {
    this.watches.push(watch)
    watch.signal.addEventListener('abort', () => this.#wake?.())
    void this.#countWakes(watch)
    try {
      while (!watch.signal.aborted) {
        const line = this.#lines.shift()
        if (line === undefined) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
        } else if (line === 'return') return
        else if ('fault' in line) throw line.fault
        else yield line.answer as ResolverYield
      }
    } finally {
      this.ended += 1
    }
  }

  async #countWakes(watch: Watch): Promise<void> {
    while (!watch.signal.aborted) {
      await watch.pause(Number.POSITIVE_INFINITY)
      if (!watch.signal.aborted) this.woken += 1
    }
  }

  #say(line: Line): void {
    this.#lines.push(line)
    this.#wake?.()
  }
}
