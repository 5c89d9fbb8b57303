import type { EventEmitter } from 'node:events'
import { Call } from '../call/call.ts'
import { callPriority, hashKey, repeatable } from '../call/call-options.ts'
import { ContextValues } from '../call/context-values.ts'
import { failed, type Outcome } from '../call/outcome.ts'
import { wireListener } from '../call/wire-listener.ts'
import { MeshError } from '../errors/mesh-error.ts'
import type { Destination, DestinationFinder } from '../fetch/destination.ts'
import type { Clock } from '../runtime/clock.ts'
import { Dispatcher, errors } from '../transport/load-undici.ts'
import { type DispatchRequest, readDispatch } from './dispatch-request.ts'
import { DispatchTicket, OpenTickets } from './dispatch-ticket.ts'
import type { MeshDispatcher } from './dispatcher.ts'
import { HandlerCall } from './handler-call.ts'
import { bothStyles, newStyle } from './handler-style.ts'
import { invalidRequest, toUndiciError } from './undici-error.ts'

interface UndiciBase extends EventEmitter {
  compose(...interceptors: unknown[]): unknown
}

/** undici's own class, so that its `request`, `stream`, `pipeline` and `compose` come with it. As a type it would fit one undici only. */
const UndiciDispatcher = Dispatcher as unknown as new () => UndiciBase

type Callback = (error: Error | null, data: null) => void

/**
 * The class behind `net.dispatcher`. What others call is a field, not a method: undici's `compose` puts a proxy around it, on which private
 * fields do not work.
 */
class DispatcherImpl extends UndiciDispatcher {
  readonly #finder: DestinationFinder
  readonly #clock: Clock
  readonly #tickets = new OpenTickets()
  #state: 'open' | 'closed' | 'destroyed' = 'open'

  constructor(finder: DestinationFinder, clock: Clock) {
    super()
    this.#finder = finder
    this.#clock = clock
  }

  get closed(): boolean {
    return this.#state !== 'open'
  }

  get destroyed(): boolean {
    return this.#state === 'destroyed'
  }

  readonly dispatch = (options: unknown, given: unknown): boolean => {
    const handler = newStyle(given)
    let request: DispatchRequest
    let destination: Destination
    try {
      request = readDispatch(options)
      destination = this.#find(request)
    } catch (error) {
      if (typeof handler.onResponseError !== 'function') throw error
      // No controller, as with undici: there is nothing to abort.
      handler.onResponseError(null as never, error as Error)
      return true
    }
    const ticket = new DispatchTicket(this.#tickets)
    const call = new HandlerCall(handler, destination.service, request, ticket, this.#clock)
    if (call.start()) this.#carry(call, request, destination, ticket)
    return true
  }

  /** Between interceptors, too, handlers of any style must be understood. Not a field: on a composed dispatcher, `this` is that. */
  override compose(...given: unknown[]): unknown {
    const interceptors = Array.isArray(given[0]) ? (given[0] as unknown[]) : given
    return super.compose(interceptors.flatMap((interceptor) => [interceptor, bothStyles]))
  }

  readonly close = (callback?: Callback): Promise<void> | undefined => answer(callback, (done) => this.#close(done))

  readonly destroy = (given?: Error | Callback | null, callback?: Callback): Promise<void> | undefined => {
    if (typeof given === 'function') return answer(given, (done) => this.#destroy(null, done))
    return answer(callback, (done) => this.#destroy(given ?? null, done))
  }

  #close(done: Callback): void {
    if (this.#state === 'destroyed') {
      queueMicrotask(() => done(new errors.ClientDestroyedError(), null))
      return
    }
    this.#state = 'closed'
    this.#tickets.whenEmpty(() => {
      this.#state = 'destroyed'
      done(null, null)
    })
  }

  #destroy(given: Error | null, done: Callback): void {
    this.#state = 'destroyed'
    const reason = given ?? new errors.ClientDestroyedError()
    for (const ticket of [...this.#tickets]) {
      ticket.cancel(new MeshError('ABORTED', 'the dispatcher was destroyed', { service: 'dispatcher', sent: true }, reason))
    }
    this.#tickets.whenEmpty(() => done(null, null))
  }

  #find({ origin }: DispatchRequest): Destination {
    if (this.#state === 'destroyed') throw new errors.ClientDestroyedError()
    if (this.#state === 'closed') throw new errors.ClientClosedError()
    const destination = this.#finder.find(origin.protocol, origin.hostname, origin.port)
    if (MeshError.is(destination)) throw toUndiciError(destination, false)
    return destination
  }

  #carry(handlerCall: HandlerCall, request: DispatchRequest, destination: Destination, ticket: DispatchTicket): void {
    const { origin, path, method, headers, body, idempotent, mesh } = request
    const context = new ContextValues()
    context.set(wireListener, handlerCall.tap)
    if (!mesh.mayRepeat) context.set(repeatable, false)
    if (mesh.hashKey !== undefined) context.set(hashKey, mesh.hashKey)
    if (mesh.priority !== undefined) context.set(callPriority, mesh.priority)
    const startedAt = this.#clock.now()
    const call = new Call({
      service: destination.service,
      method,
      path,
      authority: destination.authority ?? origin.host,
      headers,
      body: body.body,
      idempotent: mesh.idempotent ?? idempotent,
      startedAt,
      deadline: startedAt + (mesh.deadlineMs ?? destination.deadlineMs),
      cancellation: ticket,
      subset: mesh.subset,
      context,
    })
    destination.send(call).then(
      (outcome) => handlerCall.answered(outcome),
      (error) => handlerCall.answered(threw(destination, error)),
    )
  }
}

function threw({ service }: Destination, error: unknown): Outcome {
  return failed(new MeshError('INTERNAL', 'a layer of the mesh threw', { service, sent: true }, error))
}

/** Answers by calling back, or with a promise when there is no callback. */
function answer(callback: Callback | undefined, run: (done: Callback) => void): Promise<void> | undefined {
  if (callback === undefined) return new Promise((resolve, reject) => run((error) => (error === null ? resolve() : reject(error))))
  if (typeof callback !== 'function') throw invalidRequest('invalid callback')
  run(callback)
  return undefined
}

/**
 * Makes `net.dispatcher`.
 *
 * @param finder knows who carries the calls to a host.
 * @param clock tells when a call begins.
 */
export function createDispatcher(finder: DestinationFinder, clock: Clock): MeshDispatcher {
  return new DispatcherImpl(finder, clock) as unknown as MeshDispatcher
}
