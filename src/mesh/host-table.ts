import type { ServiceHost } from './host-syntax.ts'

/** Finds the service that a URL's host names. One look-up for each call. */
export class HostTable<T> {
  readonly #byName = new Map<string, { anyPort: T | undefined; readonly byPort: Map<number, T> }>()

  /** Every host name in the table. */
  get names(): Iterable<string> {
    return this.#byName.keys()
  }

  /** Adds a host. */
  add({ hostname, port }: ServiceHost, value: T): void {
    let entry = this.#byName.get(hostname)
    if (entry === undefined) {
      entry = { anyPort: undefined, byPort: new Map() }
      this.#byName.set(hostname, entry)
    }
    if (port === undefined) entry.anyPort = value
    else entry.byPort.set(port, value)
  }

  /**
   * Finds what a host names; a host with this very port goes before the same host with any port.
   *
   * @param protocol of the URL.
   * @param hostname of the URL.
   * @param port of the URL; empty for the protocol's default.
   */
  find(protocol: string, hostname: string, port: string): T | undefined {
    const entry = this.#byName.get(hostname) ?? this.#byName.get(fold(hostname))
    if (entry === undefined) return undefined
    if (entry.byPort.size === 0) return entry.anyPort
    return entry.byPort.get(portNumber(protocol, port)) ?? entry.anyPort
  }
}

/** The port that a URL goes to. */
export function portNumber(protocol: string, port: string): number {
  if (port !== '') return Number(port)
  return protocol === 'https:' ? 443 : 80
}

/** One spelling for hosts that mean the same: lower case, without the dot that ends a fully qualified name. */
function fold(hostname: string): string {
  const lower = hostname.toLowerCase()
  return lower.endsWith('.') ? lower.slice(0, -1) : lower
}
