import type { Transform } from 'node:stream'
import { promisify } from 'node:util'
import * as zlib from 'node:zlib'

/** How one content coding is undone. */
export interface Coding {
  /** At once, for bodies that are small; throws `ERR_BUFFER_TOO_LARGE` when the result is larger than {@link smallDecodedBytes}. */
  decodeNow(bytes: Uint8Array): Uint8Array
  /** On another thread. */
  decode(bytes: Uint8Array): Promise<Uint8Array>
  /** Piece by piece; `first` is the first piece. */
  stream(first: Uint8Array): Transform
}

const { constants } = zlib

/** The largest result of {@link Coding.decodeNow}, in bytes. */
export const smallDecodedBytes = 256 * 1024

/** Lenient at the end, as browsers and undici are: a body that is cut short gives what there is. */
const zlibOptions: zlib.ZlibOptions = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }
const brotliOptions: zlib.BrotliOptions = { flush: constants.BROTLI_OPERATION_FLUSH, finishFlush: constants.BROTLI_OPERATION_FLUSH }
/** RFC 9659: a reader of zstd content need not accept windows larger than 8 MB. */
const zstdOptions: zlib.ZstdOptions = {
  flush: constants.ZSTD_e_continue,
  finishFlush: constants.ZSTD_e_end,
  params: { [constants.ZSTD_d_windowLogMax]: 23 },
}

const smallZlibOptions = { ...zlibOptions, maxOutputLength: smallDecodedBytes }
const smallBrotliOptions = { ...brotliOptions, maxOutputLength: smallDecodedBytes }
const smallZstdOptions = { ...zstdOptions, maxOutputLength: smallDecodedBytes }

const gunzipAsync = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gunzip)
const inflateAsync = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.inflate)
const inflateRawAsync = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.inflateRaw)
const brotliAsync = promisify<zlib.InputType, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress)
const zstdAsync = promisify<zlib.InputType, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress)

const gzip: Coding = {
  decodeNow: (bytes) => zlib.gunzipSync(bytes, smallZlibOptions),
  decode: (bytes) => gunzipAsync(bytes, zlibOptions),
  stream: () => zlib.createGunzip(zlibOptions),
}

/** Servers send `deflate` with and without the zlib header; the first byte tells. */
function hasZlibHeader(bytes: Uint8Array): boolean {
  return ((bytes[0] ?? 0) & 0x0f) === 0x08
}

const deflate: Coding = {
  decodeNow: (bytes) => {
    return hasZlibHeader(bytes) ? zlib.inflateSync(bytes, smallZlibOptions) : zlib.inflateRawSync(bytes, smallZlibOptions)
  },
  decode: (bytes) => (hasZlibHeader(bytes) ? inflateAsync(bytes, zlibOptions) : inflateRawAsync(bytes, zlibOptions)),
  stream: (first) => (hasZlibHeader(first) ? zlib.createInflate(zlibOptions) : zlib.createInflateRaw(zlibOptions)),
}

const brotli: Coding = {
  decodeNow: (bytes) => zlib.brotliDecompressSync(bytes, smallBrotliOptions),
  decode: (bytes) => brotliAsync(bytes, brotliOptions),
  stream: () => zlib.createBrotliDecompress(brotliOptions),
}

const zstd: Coding = {
  decodeNow: (bytes) => zlib.zstdDecompressSync(bytes, smallZstdOptions),
  decode: (bytes) => zstdAsync(bytes, zstdOptions),
  stream: () => zlib.createZstdDecompress(zstdOptions),
}

const codings: ReadonlyMap<string, Coding> = new Map([
  ['gzip', gzip],
  ['x-gzip', gzip],
  ['deflate', deflate],
  ['br', brotli],
  ['zstd', zstd],
])

/** More codings than this on one body are an attack, not a compression. */
export const mostCodings = 5

/**
 * Reads a `content-encoding` header.
 *
 * @param value the header.
 * @returns how to undo the codings, in that order; none when one of them is not known: such a body is given as it came. `'too-many'` when
 * there are more than {@link mostCodings}.
 */
export function readCodings(value: string): readonly Coding[] | 'too-many' {
  const names = value.toLowerCase().split(',')
  if (names.length > mostCodings) return 'too-many'
  const chain: Coding[] = []
  for (const name of names.reverse()) {
    const coding = codings.get(name.trim())
    if (coding === undefined) return []
    chain.push(coding)
  }
  return chain
}
