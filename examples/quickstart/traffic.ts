/** What the traffic needs of a mesh: its fetch. */
export interface Caller {
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>
}

/** Callers that call, one call after another, and note how it went. */
export class Traffic {
  readonly #caller: Caller
  #running = false
  #callers: Promise<void>[] = []
  #latencies: number[] = []
  /** Calls that were answered as they should be. */
  done = 0
  /** Calls that were not; the reasons of the first few. */
  readonly lost: string[] = []

  constructor(caller: Caller) {
    this.#caller = caller
  }

  /** Starts so many callers. */
  start(callers: number): void {
    this.#running = true
    this.#callers = Array.from({ length: callers }, () => this.#call())
  }

  /** Lets every caller finish the call it is in. */
  async stop(): Promise<void> {
    this.#running = false
    await Promise.all(this.#callers)
  }

  /** Latencies in milliseconds, in order of size, since this was last asked. */
  takeLatencies(): number[] {
    const taken = this.#latencies.toSorted((a, b) => a - b)
    this.#latencies = []
    return taken
  }

  async #call(): Promise<void> {
    for (let number = 1; this.#running; number += 1) {
      const startedAt = performance.now()
      try {
        // Every third call is a POST, which the mesh must not repeat once it may have been sent; its key says that doing it twice does no harm.
        const response =
          number % 3 === 0
            ? await this.#caller.fetch('http://orders/v1/orders', {
                method: 'POST',
                headers: { 'idempotency-key': crypto.randomUUID() },
                body: JSON.stringify({ item: number }),
              })
            : await this.#caller.fetch(number % 2 === 0 ? `http://orders/v1/orders/${number}` : `http://users/v1/users/${number}`)
        if (!response.ok) throw new Error(`status ${response.status}`)
        await response.json()
        this.done += 1
        this.#latencies.push(performance.now() - startedAt)
      } catch (error) {
        const { cause } = error as Error
        this.lost.push(cause instanceof Error ? cause.message : String(error))
      }
    }
  }
}
