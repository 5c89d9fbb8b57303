import type { AdminAction } from '../admin-action.ts'
import type { Overview } from '../overview.ts'

/** How the page stands with the program that it watches. */
export type Status = 'connecting' | 'live' | 'lost' | 'token'

/** Hears what comes. */
export interface ConnectionListener {
  overview(overview: Overview): void
  status(status: Status, problem: string): void
}

const tokenKey = 'proxyless-admin-token'
const silenceMs = 15_000

/** Speaks with the program that is watched. The token goes into a header, so the stream is read with fetch: it must not be in an address. */
export class Connection {
  readonly #listener: ConnectionListener
  #stream: AbortController | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #failures = 0

  constructor(listener: ConnectionListener) {
    this.#listener = listener
  }

  /** Watches as long as the page can be seen. */
  start(): void {
    document.addEventListener('visibilitychange', () => (document.hidden ? this.#stop() : this.#open()))
    this.#open()
  }

  /** Goes on with a token. */
  useToken(token: string): void {
    sessionStorage.setItem(tokenKey, token)
    this.#open()
  }

  /** Reads something. */
  async read(path: string): Promise<unknown> {
    const response = await fetch(path, { headers: this.#headers(), cache: 'no-store' })
    if (!response.ok) throw new Error(await problemOf(response))
    return response.json()
  }

  /** Does something. */
  async act(action: AdminAction): Promise<void> {
    const headers = { ...this.#headers(), 'content-type': 'application/json', 'x-proxyless-admin': '1' }
    const response = await fetch('api/actions', { method: 'POST', headers, body: JSON.stringify(action) })
    if (!response.ok) throw new Error(await problemOf(response))
  }

  #headers(): Record<string, string> {
    const token = sessionStorage.getItem(tokenKey)
    return token === null ? {} : { authorization: `Bearer ${token}` }
  }

  #open(): void {
    this.#stop()
    const stream = new AbortController()
    this.#stream = stream
    this.#watch(stream).catch((error: unknown) => {
      if (this.#stream === stream) this.#lost(error instanceof Error ? error.message : String(error))
    })
  }

  async #watch(stream: AbortController): Promise<void> {
    const { signal } = stream
    const response = await fetch('api/stream', { headers: this.#headers(), cache: 'no-store', signal })
    if (response.status === 401) {
      const problem = sessionStorage.getItem(tokenKey) === null ? '' : await problemOf(response)
      sessionStorage.removeItem(tokenKey)
      this.#listener.status('token', problem)
      return
    }
    if (!response.ok || response.body === null) throw new Error(await problemOf(response))
    let left = ''
    let watchdog: ReturnType<typeof setTimeout> | undefined
    const wake = (): void => {
      clearTimeout(watchdog)
      watchdog = setTimeout(() => stream.abort(new Error('nothing came for a while')), silenceMs)
    }
    try {
      wake()
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        wake()
        const messages = `${left}${part.value}`.split('\n\n')
        left = messages.pop() ?? ''
        const last = messages.findLast((message) => message.startsWith('data: '))
        if (last === undefined) continue
        this.#failures = 0
        this.#listener.status('live', '')
        this.#listener.overview(JSON.parse(last.slice(6)) as Overview)
      }
    } finally {
      clearTimeout(watchdog)
    }
    throw new Error('the program ended the stream')
  }

  #lost(problem: string): void {
    this.#failures += 1
    this.#listener.status('lost', problem)
    this.#retry = setTimeout(() => this.#open(), Math.min(10_000, 500 * 2 ** this.#failures))
  }

  #stop(): void {
    clearTimeout(this.#retry)
    const stream = this.#stream
    this.#stream = undefined
    stream?.abort()
  }
}

async function problemOf(response: Response): Promise<string> {
  const text = await response.text()
  try {
    const { error } = JSON.parse(text) as { error?: unknown }
    if (typeof error === 'string') return error
  } catch {
    // Somebody between answered.
  }
  return `${response.status} ${response.statusText}`
}
