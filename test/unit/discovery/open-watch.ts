import { readResolution } from '../../../src/discovery/read-resolution.ts'
import type { Resolution, ResolverPart, Watch } from '../../../src/discovery/resolver.ts'
import { type TestHost, testHost } from '../../../src/testing/test-host.ts'

/** One watch of a resolver, in the hands of a test: no pause ends before the test says so. */
export class OpenWatch implements Watch {
  readonly host: TestHost
  /** How long each pause was to be, in milliseconds. */
  readonly pauses: number[] = []
  readonly #controller = new AbortController()
  readonly #iterator: AsyncIterator<unknown>
  readonly #name: string
  #wakers: (() => void)[] = []

  constructor(part: ResolverPart, service = 'orders', host: TestHost = testHost({ service })) {
    this.host = host
    const resolver = part(host)
    this.#name = resolver.name
    this.#iterator = resolver.watch(service, this)[Symbol.asyncIterator]()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  readonly pause = (ms: number): Promise<void> => {
    this.pauses.push(ms)
    if (this.signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      this.#wakers.push(resolve)
    })
  }

  /** Ends the pauses that the resolver is in. */
  wake(): void {
    const wakers = this.#wakers
    this.#wakers = []
    for (const wake of wakers) wake()
  }

  /** The next answer. `undefined` when there is none any more. */
  async next(): Promise<Resolution | undefined> {
    const step = await this.#iterator.next()
    return step.done === true ? undefined : readResolution(step.value, this.#name)
  }

  /** The URLs of the next answer; fails when it is not a list. */
  async nextUrls(): Promise<string[]> {
    const answer = await this.next()
    if (answer?.kind !== 'endpoints') throw new Error(`expected endpoints, got ${JSON.stringify(answer)}`)
    return answer.endpoints.map(({ url }) => url)
  }

  /** Wakes the resolver; the next answer. */
  async again(): Promise<Resolution | undefined> {
    const next = this.next()
    await nextTurn()
    this.wake()
    return next
  }

  /** Ends the watch. */
  end(): void {
    this.#controller.abort()
    this.wake()
  }
}

/** Lets what is under way in this turn of the event loop come to its end. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
