import type { HeaderList } from '../call/header-list.ts'
import type { OwnHeaders } from './own-headers.ts'

/** What the options of a request add to its headers. */
export interface HeaderOptions {
  /** For `sec-fetch-mode`. */
  readonly mode: string
  /** The request's cache mode. */
  readonly cache: string
  /** The value of `referer`, if one is sent. */
  readonly referer: string | undefined
  /** The value of `origin`, if one is sent. */
  readonly origin: string | undefined
}

/** The options of a request that says nothing special. */
export const plainHeaderOptions: HeaderOptions = Object.freeze({ mode: 'cors', cache: 'default', referer: undefined, origin: undefined })

const conditional = ['if-modified-since', 'if-none-match', 'if-unmodified-since', 'if-match', 'if-range'] as const

/**
 * The caller's headers followed by those that fetch sends by itself, in fetch's order. For a request that says nothing special the list
 * is made once for each set of headers: a call without headers of its own allocates nothing.
 *
 * @param own the caller's.
 * @param secure whether the URL is https: then more content codings are offered.
 * @param options see {@link HeaderOptions}.
 */
export function wireHeaders(own: OwnHeaders, secure: boolean, options: HeaderOptions): HeaderList {
  if (options !== plainHeaderOptions) return makeWireHeaders(own, secure, options)
  const slot = secure ? 1 : 0
  return (own.wire[slot] ??= makeWireHeaders(own, secure, options))
}

function makeWireHeaders(own: OwnHeaders, secure: boolean, options: HeaderOptions): HeaderList {
  const list = own.list.slice()
  if (!own.has('accept')) list.push('accept', '*/*')
  if (!own.has('accept-language')) list.push('accept-language', '*')
  // The standard appends these two, for it knows no caller who may write them: with two values neither would be one.
  if (options.referer !== undefined && !own.has('referer')) list.push('referer', options.referer)
  if (options.origin !== undefined && !own.has('origin')) list.push('origin', options.origin)
  // The one header whose value is not the caller's to say.
  const mode = own.names.indexOf('sec-fetch-mode')
  if (mode === -1) list.push('sec-fetch-mode', options.mode)
  else list[mode * 2 + 1] = options.mode
  if (!own.has('user-agent')) list.push('user-agent', 'node')
  addCacheHeaders(list, own, options.cache)
  addAcceptEncoding(list, own, secure)
  return list
}

function addCacheHeaders(list: string[], own: OwnHeaders, mode: string): void {
  const cache = mode === 'default' && conditional.some((name) => own.has(name)) ? 'no-store' : mode
  if (cache === 'no-cache') {
    if (!own.has('cache-control')) list.push('cache-control', 'max-age=0')
  } else if (cache === 'no-store' || cache === 'reload') {
    if (!own.has('pragma')) list.push('pragma', 'no-cache')
    if (!own.has('cache-control')) list.push('cache-control', 'no-cache')
  }
}

function addAcceptEncoding(list: string[], own: OwnHeaders, secure: boolean): void {
  const given = own.names.indexOf('accept-encoding')
  if (own.has('range')) {
    // A range of a compressed body could not be decoded.
    if (given === -1) list.push('accept-encoding', 'identity')
    else list[given * 2 + 1] += ', identity'
  } else if (given === -1) {
    list.push('accept-encoding', secure ? 'br, gzip, deflate, zstd' : 'gzip, deflate')
  }
}
