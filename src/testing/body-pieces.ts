import type { ReplyHeaders } from '../call/header-list.ts'

/** A body as a test writes it. */
export type WrittenBody = string | Uint8Array | readonly (string | Uint8Array)[] | undefined

const encoder = new TextEncoder()

/** A body as bytes; no piece for no body. */
export function bodyPieces(body: WrittenBody): Uint8Array[] {
  if (body === undefined) return []
  const pieces = typeof body === 'string' || body instanceof Uint8Array ? [body] : body
  return pieces.map((piece) => (typeof piece === 'string' ? encoder.encode(piece) : piece))
}

/** The length that a reply announces: that of a body in one piece. */
export function bodyLength(body: WrittenBody): number | undefined {
  if (body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)) return undefined
  return bodyPieces(body).reduce((sum, piece) => sum + piece.byteLength, 0)
}

/** Pieces in one. */
export function concatenated(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.byteLength
  }
  return whole
}

/** Headers as a transport gives them: names in lower case. */
export function lowerCased(headers: Readonly<Record<string, string | readonly string[]>>): ReplyHeaders {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
