import type { ReplyHeaders } from '../call/header-list.ts'

/** The global class, seen without its members so that they can be overridden. */
const GlobalHeaders: new () => object = Headers as never
/** What fills a `Headers` one by one. Handing its constructor a list or a record takes twice as long. */
const { append } = Headers.prototype

/** The headers of a response: a global `Headers` that cannot be changed. A change that no `Headers` would take fails as one of theirs. */
class ResponseHeaders extends GlobalHeaders {
  append(...change: Parameters<Headers['append']>): never {
    new Headers().append(...change)
    throw immutable()
  }

  set(...change: Parameters<Headers['set']>): never {
    new Headers().set(...change)
    throw immutable()
  }

  delete(...change: Parameters<Headers['delete']>): never {
    new Headers().delete(...change)
    throw immutable()
  }
}

// To everybody else it is a plain Headers.
Object.defineProperty(ResponseHeaders.prototype, 'constructor', { value: Headers, writable: true, configurable: true })

function immutable(): TypeError {
  return new TypeError('immutable')
}

/**
 * Makes the `Headers` of a response.
 *
 * @param headers what came over the wire.
 */
export function toResponseHeaders(headers: ReplyHeaders): Headers {
  const made = new ResponseHeaders() as unknown as Headers
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (typeof value === 'string') append.call(made, name, value)
    else if (value !== undefined) for (const one of value) append.call(made, name, one)
  }
  return made
}
