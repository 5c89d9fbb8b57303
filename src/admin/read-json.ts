import type { IncomingMessage } from 'node:http'
import type { Clock } from '../runtime/clock.ts'
import type { Refusal } from './door-keeper.ts'

/** Most bytes of a body. */
export const mostBodyBytes = 16_384
const bodyTimeoutMs = 10_000

/** What a body says, or why it is refused. */
export type ReadBody = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly refusal: Refusal }

/** Reads a small body of JSON. One that is too large, or too slow, is refused without waiting for its end. */
export function readJson(request: IncomingMessage, clock: Clock): Promise<ReadBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const end = (result: ReadBody): void => {
      timer.cancel()
      request.off('data', take)
      request.resume()
      resolve(result)
    }
    const refuse = (status: number, message: string): void =>
      end({ ok: false, refusal: { status, message, headers: { connection: 'close' } } })
    const timer = clock.schedule(bodyTimeoutMs, () => refuse(408, 'the body took too long'), { background: true })
    const take = (chunk: Buffer): void => {
      size += chunk.length
      if (size > mostBodyBytes) refuse(413, `expected a body of at most ${mostBodyBytes} bytes`)
      else chunks.push(chunk)
    }
    request.on('data', take)
    request.once('end', () => end(parse(Buffer.concat(chunks).toString('utf8'))))
    // Nobody is there to hear of it.
    request.once('error', () => refuse(400, 'the body broke off'))
    request.once('close', () => refuse(400, 'the body broke off'))
  })
}

function parse(text: string): ReadBody {
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch {
    return { ok: false, refusal: { status: 400, message: 'expected a body of JSON' } }
  }
}
