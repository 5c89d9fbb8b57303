import type { ReplyHeaders } from '../call/header-list.ts'
import type { RawHeaders } from '../transport/wire-reply.ts'

/**
 * Headers as undici's old handlers take them: names and values in turn, as buffers.
 *
 * @param headers as they came over the wire, or a record, which is what a reply without a wire and HTTP/2 have.
 */
export function rawHeaders(headers: RawHeaders): Buffer[] {
  if (Array.isArray(headers)) return headers as Buffer[]
  const list: Buffer[] = []
  for (const [name, value] of Object.entries(headers as ReplyHeaders)) {
    if (value === undefined) continue
    for (const each of typeof value === 'string' ? [value] : value) list.push(Buffer.from(name, 'latin1'), Buffer.from(each, 'latin1'))
  }
  return list
}
