import assert from 'node:assert/strict'
import { readResolution } from '../discovery/read-resolution.ts'
import type { Resolver, Watch } from '../discovery/resolver.ts'
import { readEndpointAddress } from '../endpoint/endpoint-address.ts'
import type { Timer } from '../runtime/clock.ts'
import { systemClock } from '../runtime/system-clock.ts'

/** What a watch under test needs of its bench. */
export interface WatchBench {
  inTime<T>(promise: Promise<T>, message: string, patienceMs?: number): Promise<T>
  turn(): Promise<void>
}

type Step = { readonly kind: 'answer'; readonly urls: readonly string[] } | { readonly kind: 'over'; readonly threw: boolean }

/** One watch of a resolver under test. */
export class TestedWatch {
  readonly #bench: WatchBench
  readonly #name: string
  readonly #controller = new AbortController()
  readonly #wakers = new Set<() => void>()
  readonly #iterator: AsyncIterator<unknown>
  #pending: Promise<Step> | undefined

  constructor(resolver: Resolver, service: string, bench: WatchBench) {
    this.#bench = bench
    this.#name = resolver.name
    const watch: Watch = { signal: this.#controller.signal, pause: (ms) => this.#pause(ms) }
    this.#iterator = resolver.watch(service, watch)[Symbol.asyncIterator]()
  }

  /** The URLs of the next answer, sorted. */
  async nextUrls(): Promise<readonly string[]> {
    const step = await this.#bench.inTime(this.#step(), 'the resolver did not answer')
    if (step.kind !== 'answer') assert.fail(`the watch ${step.threw ? 'threw' : 'ended'} instead of answering`)
    return step.urls
  }

  /** Wants fresh answers until one has exactly these URLs, which are sorted. */
  async seeUrls(expected: readonly string[]): Promise<void> {
    let seen: readonly string[] = []
    const look = async (): Promise<void> => {
      for (;;) {
        const step = await this.#wakingStep()
        if (step.kind !== 'answer') assert.fail(`the watch ${step.threw ? 'threw' : 'ended'} instead of answering`)
        seen = step.urls
        if (seen.join() === expected.join()) return
      }
    }
    const message = `expected an answer with ${expected.join(', ')}`
    await this.#bench.inTime(look(), message).catch((error: unknown) => {
      throw new assert.AssertionError({ message: `${message}; ${String((error as Error).message)}`, actual: seen, expected })
    })
  }

  /** Wants fresh answers until the watch throws; tells whether it did within `ms`. Fails when an answer has no endpoints. */
  async untilFault(ms: number): Promise<boolean> {
    let timer: Timer | undefined
    const timeOver = new Promise<undefined>((resolve) => {
      timer = systemClock.schedule(ms, () => resolve(undefined))
    })
    try {
      for (;;) {
        const step = await Promise.race([this.#wakingStep(), timeOver])
        if (step === undefined) return false
        if (step.kind === 'over') return step.threw
        assert.ok(step.urls.length > 0, 'the source could not tell, and the resolver said that there are no endpoints: it must throw')
      }
    } finally {
      timer?.cancel()
    }
  }

  /** Resolves when the watch is over, by its end or by an error; answers that it still gives are let pass. */
  async over(): Promise<void> {
    while ((await this.#step()).kind === 'answer') await this.#bench.turn()
  }

  /** Ends the signal. */
  abort(): void {
    this.#controller.abort()
    this.#wake()
  }

  /** Calls `return()`. */
  async return(): Promise<void> {
    await this.#iterator.return?.()
  }

  /** Ends the signal and waits for the end of the watch. */
  async end(): Promise<void> {
    this.abort()
    await this.#bench.inTime(this.over(), 'the watch did not end').catch(() => {})
    await this.#bench.inTime(this.return(), 'return() did not come to its end').catch(() => {})
  }

  /** The next step, which a step that was asked for and has not come yet is. */
  #step(): Promise<Step> {
    this.#pending ??= this.#takeStep().finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  async #takeStep(): Promise<Step> {
    let step: IteratorResult<unknown>
    try {
      step = await this.#iterator.next()
    } catch {
      return { kind: 'over', threw: true }
    }
    if (step.done === true) return { kind: 'over', threw: false }
    const resolution = readResolution(step.value, this.#name)
    const specs = resolution.kind === 'endpoints' ? resolution.endpoints : []
    for (const { url } of specs) {
      assert.ok(
        readEndpointAddress(url, false) !== undefined,
        `the answer holds ${JSON.stringify(url)}, which no endpoint can have as its url`,
      )
    }
    return { kind: 'answer', urls: specs.map(({ url }) => url).sort() }
  }

  /** The next step of a resolver that is told all the time that a fresh answer is wanted. */
  async #wakingStep(): Promise<Step> {
    let came = false
    const step = this.#step().finally(() => {
      came = true
    })
    const wake = async (): Promise<void> => {
      while (!came && !this.#controller.signal.aborted) {
        await this.#bench.turn()
        this.#wake()
      }
    }
    void wake()
    return step
  }

  #pause(ms: number): Promise<void> {
    if (this.#controller.signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = (): void => {
        timer.cancel()
        this.#wakers.delete(wake)
        resolve()
      }
      const timer = systemClock.schedule(ms, wake, { background: true })
      this.#wakers.add(wake)
    })
  }

  #wake(): void {
    for (const wake of [...this.#wakers]) wake()
  }
}
