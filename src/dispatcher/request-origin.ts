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
  const text =
    typeof given === 'string' ? given : given.pathname === '/' && given.search === '' && given.hash === '' ? given.origin : given.href
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
  let url: URL | undefined
  try {
    url = new URL(text)
    // undici would refuse it too: a path here would silently be none.
    if (url.pathname === '/' && url.search === '' && url.hash === '') return targetOf(url).origin
  } catch {}
  throw invalidRequest(
    `opts.origin: expected an http or https origin such as 'http://orders', got ${JSON.stringify(withoutSecrets(text, url))}`,
  )
}

/** Credentials are not for logs. */
function withoutSecrets(text: string, url: URL | undefined): string {
  if (url === undefined || (url.username === '' && url.password === '')) return text
  return Object.assign(new URL(url), { username: '***', password: '' }).href
}
