import { targetOf, type UrlOrigin } from '../fetch/url-target.ts'
import { invalidRequest } from './undici-error.ts'

/** By the text that callers write: a program calls few origins, very often. */
const known = new Map<string, UrlOrigin>()
const mostKnown = 1_000

/** The one read last: comparing a text costs a tenth of looking it up, because each call brings a new one. */
let lastText = ''
let lastOrigin: UrlOrigin | undefined

/**
 * Reads the origin of a request.
 *
 * @throws UndiciError when it is none, or not one of http or https.
 */
export function readOrigin(given: unknown): UrlOrigin {
  if (typeof given !== 'string' && !(given instanceof URL)) throw invalidRequest('opts.origin must be a non-empty string or URL.')
  const text = typeof given === 'string' ? given : given.origin
  if (lastOrigin !== undefined && text === lastText) return lastOrigin
  let origin = known.get(text)
  if (origin === undefined) {
    origin = parse(text)
    if (known.size >= mostKnown) known.clear()
    known.set(text, origin)
  }
  lastText = text
  lastOrigin = origin
  return origin
}

function parse(text: string): UrlOrigin {
  try {
    return targetOf(new URL(text)).origin
  } catch (cause) {
    throw invalidRequest(`opts.origin: expected an http or https origin such as 'http://orders', got ${JSON.stringify(text)}`, cause)
  }
}
