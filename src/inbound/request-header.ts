/** A request whose headers can be read: of node:http, of the web, or the context of a framework that has one of these. */
export type HeaderSource = object

/** A way to read the headers of a request by their names in lower case. */
export type HeaderReader = (name: string) => string | undefined

const none: HeaderReader = () => undefined

/**
 * Finds the headers of whatever a server hands to its handler: `request.headers` of node:http or of a web `Request`, `context.req` of Hono
 * (with its `raw` request), `context.request` of Koa and others.
 *
 * @returns a reader; one that finds nothing when there are no headers.
 */
export function headerReader(source: unknown): HeaderReader {
  for (const part of [source, at(at(source, 'req'), 'raw'), at(source, 'req'), at(source, 'request')]) {
    const headers = at(part, 'headers')
    if (typeof headers !== 'object' || headers === null) continue
    const { get } = headers as { get?: unknown }
    if (typeof get === 'function') return (name) => (get.call(headers, name) as string | null) ?? undefined
    return (name) => {
      const value = Object.hasOwn(headers, name) ? (headers as Record<string, unknown>)[name] : undefined
      return typeof value === 'string' ? value : undefined
    }
  }
  return none
}

/** What stands under a name in whatever a server hands over; `undefined` where nothing can. */
export function at(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
