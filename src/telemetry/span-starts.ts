import { isIP } from 'node:net'
import type { Attempt } from '../call/attempt.ts'
import { callRoute } from '../call/call-route.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { type OtelAttributes, type OtelSpanOptions, spanKinds } from './otel-api.ts'
import { attemptName, methodLabel, serverOf, withoutUser } from './span-attributes.ts'

/** What the spans of attempts with one method, at one server, by one route begin with. */
export interface SpanStart {
  readonly method: string
  readonly protocol: string
  readonly authority: string
  /** Of the path, if a route has one. */
  readonly template: string | undefined
  /** Of the span. */
  readonly name: string
  /** With what a sampler may look at: the few attributes that are known of an attempt before anything is built for it. */
  readonly options: OtelSpanOptions
  /** What stands before the path of a URL. */
  readonly origin: string
}

interface EndpointFacts {
  readonly service: string
  readonly attributes: OtelAttributes
}

/** Most beginnings that are kept. */
const mostKept = 64

/** What the spans of attempts begin with, built once for all that begin alike: a span then costs what its SDK makes of it, and little else. */
export class SpanStarts {
  /** Nearly every attempt begins as the last one did: what is compared needs no text that looks it up. */
  #last: SpanStart | undefined
  readonly #known = new Map<string, SpanStart>()
  readonly #ofEndpoints = new WeakMap<Endpoint, EndpointFacts>()

  /** The same object for the same method, server and route. */
  of({ call, endpoint }: Attempt): SpanStart {
    const { method, authority } = call
    const { protocol } = endpoint
    const template = call.context.get(callRoute)?.template
    const last = this.#last
    if (
      last !== undefined &&
      last.authority === authority &&
      last.method === method &&
      last.protocol === protocol &&
      last.template === template
    ) {
      return last
    }
    const key = `${method} ${protocol} ${authority} ${template}`
    let start = this.#known.get(key)
    if (start === undefined) {
      if (this.#known.size >= mostKept) this.#known.clear()
      start = startOf(method, protocol, authority, template)
      this.#known.set(key, start)
    }
    this.#last = start
    return start
  }

  /** What does not change about an endpoint: the same object every time. */
  endpointAttributes(service: string, endpoint: Endpoint): OtelAttributes {
    let facts = this.#ofEndpoints.get(endpoint)
    if (facts === undefined || facts.service !== service) {
      facts = { service, attributes: Object.freeze(attributesOf(service, endpoint)) }
      this.#ofEndpoints.set(endpoint, facts)
    }
    return facts.attributes
  }
}

function startOf(method: string, protocol: string, authority: string, template: string | undefined): SpanStart {
  const known = methodLabel(method)
  const { address, port } = serverOf(authority, protocol)
  const attributes = Object.freeze({
    'http.request.method': known,
    ...(known === method ? {} : { 'http.request.method_original': method }),
    'server.address': address,
    'server.port': port as number,
  })
  return Object.freeze({
    method,
    protocol,
    authority,
    template,
    name: attemptName(method, template),
    options: Object.freeze({ kind: spanKinds.client, attributes }),
    origin: `${protocol}//${withoutUser(authority)}`,
  })
}

function attributesOf(service: string, { address, hostname, port, socketPath }: Endpoint): Record<string, string | number> {
  const attributes: Record<string, string | number> = { 'proxyless.service': service, 'proxyless.endpoint': address }
  if (socketPath !== undefined) attributes['network.peer.address'] = socketPath
  else if (isIP(hostname) !== 0) {
    attributes['network.peer.address'] = hostname
    attributes['network.peer.port'] = port
  }
  return attributes
}
