import { at } from './request-header.ts'

/** The address as IPv4 has it, where IPv6 sockets take such a client: two sockets of one server must not make two clients of it. */
const mapped = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i

/**
 * The address of whoever sent a request, as its connection has it: `request.socket` of node:http, `context.env.incoming` of Hono on Node,
 * `context.req` of Koa and others.
 *
 * @param source what the server hands to its handler.
 * @returns without a port; `undefined` for requests of the web, and of UNIX sockets, which have none.
 */
export function clientAddressOf(source: unknown): string | undefined {
  for (const part of [source, at(source, 'req'), at(source, 'raw'), at(at(source, 'request'), 'raw'), at(at(source, 'env'), 'incoming')]) {
    const address = at(at(part, 'socket'), 'remoteAddress')
    if (typeof address === 'string' && address !== '') return address.replace(mapped, '')
  }
  return undefined
}
