/** What a message says that a service's name should have been. */
export const serviceNameExpectation = "a host name of letters, digits, '-', '.' and '_', without a port"

/** What a message says that an alias should have been. */
export const aliasExpectation = "a host such as 'orders.internal', or a host with a port such as 'orders:8080'"

/** A host that names a service, and the port that it is meant for. */
export interface ServiceHost {
  /** As the host of a URL: lower case, IPv6 addresses in brackets. */
  readonly hostname: string
  /** `undefined` for every port. */
  readonly port: number | undefined
}

const name = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/
const withPort = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9._-]{0,252})(?::(\d{1,5}))?$/

/** The same in JSON Schema, as far as that can tell. */
export const hostInFile = Object.freeze({
  type: 'string',
  pattern: '^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9][A-Za-z0-9._-]{0,252})(:[0-9]{1,5})?$',
})

/** Whether the host part of a URL comes out as it was written, apart from its case: `1.2` does not. */
function survivesUrl(host: string): boolean {
  const url = `http://${host}/`
  return URL.parse(url)?.hostname === host.toLowerCase()
}

/** Whether a text can be the name of a service, and so the host of a URL. */
export function isServiceName(value: unknown): value is string {
  return typeof value === 'string' && name.test(value) && survivesUrl(value)
}

/**
 * Reads an alias.
 *
 * @returns `undefined` when it is not one.
 */
export function readServiceHost(value: unknown): ServiceHost | undefined {
  if (typeof value !== 'string') return undefined
  const match = withPort.exec(value)
  if (match === null) return undefined
  const host = match[1] as string
  const port = match[2] === undefined ? undefined : Number(match[2])
  if (!survivesUrl(host) || port === 0 || (port !== undefined && port > 65_535)) return undefined
  return { hostname: host.toLowerCase(), port }
}

/** A host in one spelling: `'orders'` or `'orders:8080'`. */
export function printServiceHost({ hostname, port }: ServiceHost): string {
  return port === undefined ? hostname : `${hostname}:${port}`
}
