import type { EndpointAddress } from './endpoint.ts'

/** What a message says that an endpoint's URL should have been. */
export const endpointUrlExpectation =
  "a URL such as 'http://10.0.0.7:8080', 'unix:/run/app.sock' or '10.0.0.7:8080', without path, query or credentials"

const unix = /^(?:(https?)\+)?unix:\/*(\/.*)$/
const bare = /^(?:\[[0-9a-fA-F:.]+\]|[^\s/?#@:[\]]+)(?::\d{1,5})?$/

/**
 * Takes an endpoint's URL apart and normalises it, so that one address has one spelling.
 *
 * @param url see {@link EndpointSpec.url}.
 * @param secure whether an address that does not name its protocol speaks https.
 * @returns its parts, or `undefined` when it is not an address of an endpoint.
 */
export function readEndpointAddress(url: unknown, secure: boolean): EndpointAddress | undefined {
  if (typeof url !== 'string' || url === '') return undefined
  const socket = unix.exec(url)
  if (socket) {
    const protocol = socket[1] === undefined ? (secure ? 'https:' : 'http:') : socket[1] === 'https' ? 'https:' : 'http:'
    const socketPath = socket[2] as string
    return { address: `${protocol.slice(0, -1)}+unix:${socketPath}`, protocol, hostname: '', port: 0, socketPath }
  }
  const text = bare.test(url) ? `${secure ? 'https' : 'http'}://${url}` : url
  const parsed = URL.parse(text) ?? undefined
  if (parsed === undefined || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) return undefined
  if (parsed.username !== '' || parsed.password !== '' || parsed.pathname !== '/' || parsed.search !== '' || parsed.hash !== '')
    return undefined
  const port = parsed.port === '' ? (parsed.protocol === 'https:' ? 443 : 80) : Number(parsed.port)
  const host = parsed.hostname
  if (port === 0 || host === '') return undefined
  return {
    address: `${parsed.protocol}//${host}:${port}`,
    protocol: parsed.protocol,
    hostname: host.startsWith('[') ? host.slice(1, -1) : host,
    port,
    socketPath: undefined,
  }
}
