import { type HeaderList, noHeaders } from './header-list.ts'

/** The headers that say which trace a request is part of: those of W3C Trace Context and Baggage, and of B3 in one header and in several. */
export const traceHeaderNames: readonly string[] = Object.freeze([
  'traceparent',
  'tracestate',
  'baggage',
  'b3',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
])

const names: ReadonlySet<string> = new Set(traceHeaderNames)

/** Whether a header is one of {@link traceHeaderNames}. */
export function isTraceHeader(name: string): boolean {
  return names.has(name)
}

/**
 * Picks the trace headers of a request.
 *
 * @param header gives the value of a header by its name in lower case.
 * @returns in the order of {@link traceHeaderNames}; the same empty list whenever there are none.
 */
export function readTraceHeaders(header: (name: string) => string | undefined): HeaderList {
  let found: string[] | undefined
  for (const name of traceHeaderNames) {
    const value = header(name)
    if (value === undefined || value === '') continue
    found ??= []
    found.push(name, value)
  }
  return found ?? noHeaders
}
