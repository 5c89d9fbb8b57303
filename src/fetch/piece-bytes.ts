/**
 * The bytes of one piece of a caller's stream. The fetch standard knows only `Uint8Array`; the built-in fetch also sends text, as UTF-8, and other
 * views, and streams of text are common: `Readable.toWeb` makes them.
 *
 * @returns `undefined` when it is none of these.
 */
export function pieceBytes(piece: unknown): Uint8Array | undefined {
  if (piece instanceof Uint8Array) return piece
  if (typeof piece === 'string') return Buffer.from(piece)
  return ArrayBuffer.isView(piece) ? new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength) : undefined
}
