import { Call } from '../call/call.ts'
import { callPriority, hashKey, repeatable } from '../call/call-options.ts'
import { ownDeadline } from '../call/call-route.ts'
import { Cancellation } from '../call/cancellation.ts'
import { ContextValues } from '../call/context-values.ts'
import { hasIdempotencyKey } from '../call/header-list.ts'
import type { InformationalListener } from '../call/informational.ts'
import type { Outcome } from '../call/outcome.ts'
import { previousHop } from '../call/previous-hop.ts'
import { lastly, type Stage } from '../call/settling.ts'
import { type WireListener, wireListener } from '../call/wire-listener.ts'
import { MeshError } from '../errors/mesh-error.ts'
import type { Clock } from '../runtime/clock.ts'
import { callDispatcher } from '../transport/call-dispatcher.ts'
import { AbortLink } from './abort-link.ts'
import { wireHeaders } from './automatic-headers.ts'
import { badReply, fetchFailed, refusedHop } from './bad-reply.ts'
import { Departures } from './departures.ts'
import type { Destination, DestinationFinder } from './destination.ts'
import { checkLength, type FetchRequest, usedRequest, withBodyHeaders } from './fetch-request.ts'
import type { Journey } from './journey.ts'
import { isIdempotent } from './method.ts'
import { peekBody } from './peek-body.ts'
import { followRedirect, isRedirect } from './redirect.ts'
import { originFor, refererFor } from './referrer.ts'
import { respond } from './respond.ts'
import { SignalGroup } from './signal-group.ts'
import type { UrlOrigin } from './url-target.ts'

/** Carries requests that were read: from the request to the response, redirects included. */
export class FetchDoor {
  readonly #finder: DestinationFinder
  readonly #clock: Clock
  readonly #departures: Departures
  /** On their way. Their bodies count as unused until they are sent, and still may be sent by one call alone. */
  readonly #sources = new WeakSet<Request>()
  /** Of the signal that came last: many calls in a row may share one. */
  #group: SignalGroup<AbortLink> | undefined

  constructor(finder: DestinationFinder, clock: Clock) {
    this.#finder = finder
    this.#clock = clock
    this.#departures = new Departures(clock)
  }

  /**
   * Carries one request.
   *
   * @param request what to send.
   * @param known who carries it, or why nobody does; found by the URL unless it is given.
   * @throws what fetch throws.
   */
  carry(request: FetchRequest, known?: Destination | MeshError): Promise<Response> {
    const { signal, upload, source } = request
    if (signal?.aborted === true) {
      upload?.stop(signal.reason)
      // Used, as with the built-in fetch: the caller has decided. A request that is refused stays unused, and can go elsewhere.
      source?.body?.cancel(signal.reason).catch(() => {})
      return Promise.reject(signal.reason)
    }
    const destination = known ?? this.#find(request)
    if (MeshError.is(destination)) return Promise.reject(fetchFailed(destination))
    if (source === undefined) return this.#begin(request, destination)
    if (this.#sources.has(source)) return Promise.reject(usedRequest(destination.service))
    this.#sources.add(source)
    const carried = peeked(request, source).then((ready) => this.#begin(ready, destination))
    const over = () => this.#sources.delete(source)
    carried.then(over, over)
    return carried
  }

  #begin(request: FetchRequest, destination: Destination): Promise<Response> {
    const { signal, mesh } = request
    if (signal?.aborted === true) return Promise.reject(signal.reason)
    const startedAt = this.#clock.now()
    const deadline = startedAt + (mesh.deadlineMs ?? destination.deadlineMs)
    const cancellation = new Cancellation()
    const link = signal === undefined ? undefined : new AbortLink(destination.service, this.#groupOf(signal), cancellation)
    return this.#travel(request, destination, { cancellation, link, startedAt, deadline, last: undefined, redirects: 0, type: 'basic' })
  }

  /** One hop, and those that it leads to. Not an async function: nearly every request is answered at its first hop. */
  #travel(request: FetchRequest, destination: Destination, journey: Journey): Promise<Response> {
    return lastly(this.#send(request, destination, journey), new Arrival(this, request, destination, journey))
  }

  /** A hop has an outcome. */
  arrived(outcome: Outcome, request: FetchRequest, destination: Destination, journey: Journey): Response | Promise<Response> {
    const { link } = journey
    if (request.signal?.aborted === true) {
      if (outcome.ok) outcome.reply.body.discard()
      throw request.signal.reason
    }
    if (!outcome.ok) {
      link?.release()
      request.upload?.abandon(outcome.error)
      throw fetchFailed(outcome.error)
    }
    const { reply } = outcome
    const { redirect } = request.options
    if (redirect === 'manual' || !isRedirect(reply.status)) return respond(request, reply, destination, journey)
    const next =
      redirect === 'error' ? { problem: `unexpected redirect with ${reply.status}` } : followRedirect(request, reply, journey.redirects)
    if (next === 'stay') return respond(request, reply, destination, journey)
    reply.body.discard()
    if ('problem' in next || next.request.upload === undefined) request.upload?.abandon(undefined)
    const found =
      'problem' in next ? badReply(destination, journey, next.problem) : refusedHop(this.#find(next.request), destination, journey)
    if ('problem' in next || MeshError.is(found)) {
      link?.release()
      request.upload?.abandon(found)
      throw fetchFailed(found as MeshError)
    }
    journey.redirects += 1
    if (next.request.target.origin.text !== request.target.origin.text) journey.type = 'cors'
    return this.#travel(next.request, found, journey)
  }

  #groupOf(signal: AbortSignal): SignalGroup<AbortLink> {
    if (this.#group?.signal !== signal) this.#group = new SignalGroup(signal, this.#departures, this.#emptied)
    return this.#group
  }

  readonly #emptied = (group: SignalGroup<AbortLink>): void => {
    if (this.#group === group) this.#group = undefined
  }

  #find({ target: { origin } }: FetchRequest): Destination | MeshError {
    const found = this.#finder.find(origin.protocol, origin.hostname, origin.port)
    return origin.badPort && !MeshError.is(found) && found.outside === true ? refusedPort(origin) : found
  }

  #send(request: FetchRequest, destination: Destination, journey: Journey): Promise<Outcome> {
    const { cancellation, link, startedAt, deadline, last } = journey
    const { target, method, headers, body, options, mesh, dispatcher } = request
    const context = new ContextValues()
    if (last !== undefined) context.set(previousHop, last)
    if (mesh.deadlineMs !== undefined) context.set(ownDeadline, true)
    if (!mesh.mayRepeat) context.set(repeatable, false)
    if (dispatcher !== undefined) context.set(callDispatcher, dispatcher)
    if (mesh.hashKey !== undefined) context.set(hashKey, mesh.hashKey)
    if (mesh.priority !== undefined) context.set(callPriority, mesh.priority)
    if (mesh.onInformational !== undefined) context.set(wireListener, hearing(mesh.onInformational))
    const { referrer } = options
    const header =
      referrer === undefined
        ? options.header
        : { ...options.header, referer: refererFor(referrer, target), origin: originFor(referrer, method, target, journey.type === 'cors') }
    const call = new Call({
      service: destination.service,
      method,
      path: target.path,
      authority: destination.authority ?? target.origin.host,
      headers: wireHeaders(headers, target.origin.protocol === 'https:', header),
      body,
      idempotent: mesh.idempotent ?? (isIdempotent(method) || hasIdempotencyKey(headers.list)),
      startedAt,
      deadline,
      cancellation,
      subset: mesh.subset,
      context,
    })
    journey.last = call
    const sending = destination.send(call)
    if (link === undefined) return sending
    link.upload = request.upload
    return link.follow(sending)
  }
}

/** What is remembered of a hop until it has an outcome. */
class Arrival implements Stage<Response> {
  readonly #door: FetchDoor
  readonly #request: FetchRequest
  readonly #destination: Destination
  readonly #journey: Journey

  constructor(door: FetchDoor, request: FetchRequest, destination: Destination, journey: Journey) {
    this.#door = door
    this.#request = request
    this.#destination = destination
    this.#journey = journey
  }

  settled(outcome: Outcome): Response | Promise<Response> {
    return this.#door.arrived(outcome, this.#request, this.#destination, this.#journey)
  }
}

/** Looks into the body of a `Request`, and checks what could not be checked before. */
async function peeked(request: FetchRequest, source: Request): Promise<FetchRequest> {
  const { contentLength } = request.headers
  const { body, upload } = await peekBody(source, contentLength, request.mesh.replayBytes, request.signal)
  checkLength(request.target.origin.hostname, contentLength, body)
  return { ...request, body, upload, headers: withBodyHeaders(request.headers, body, undefined) }
}

function refusedPort({ host, port }: UrlOrigin): MeshError {
  const facts = { service: host, sent: false, field: 'url' }
  return new MeshError('INVALID_CALL', `bad port: fetch sends nothing to port ${port} of a host that no service declares`, facts)
}

/** The wire tells from within its own callbacks, in which no code of a user may run. */
function hearing(listener: InformationalListener): WireListener {
  return { interimReply: (status, headers) => queueMicrotask(() => listener({ status, headers })) }
}
