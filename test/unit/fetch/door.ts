import { BodyFeed, type BodySource } from '../../../src/call/body-feed.ts'
import type { Call } from '../../../src/call/call.ts'
import { headerOf, type ReplyHeaders } from '../../../src/call/header-list.ts'
import { failed, type Outcome, replied } from '../../../src/call/outcome.ts'
import { ReplyBody } from '../../../src/call/reply-body.ts'
import { MeshError, type MeshErrorCode } from '../../../src/errors/mesh-error.ts'
import { createFetch, createServiceFetch, type MeshFetch, type ServiceFetch } from '../../../src/fetch/create-fetch.ts'
import type { Destination } from '../../../src/fetch/destination.ts'
import type { Clock } from '../../../src/runtime/clock.ts'

/** What a fake destination answers with. */
export interface Answer {
  readonly status?: number
  readonly statusText?: string
  readonly headers?: ReplyHeaders
  /** Pieces of the body, in order. */
  readonly body?: string | Uint8Array | readonly Uint8Array[]
}

/** A reply whose body the test delivers by hand. */
export class OpenReply implements BodySource {
  readonly feed: BodyFeed = new BodyFeed(this, undefined)
  readonly outcome: Outcome
  paused = false
  aborted = false

  constructor(answer: Omit<Answer, 'body'> = {}) {
    this.outcome = toOutcome(answer, this.feed)
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  abort(): void {
    this.aborted = true
  }
}

const noWire: BodySource = { pause: () => {}, resume: () => {}, abort: () => {} }

/** An outcome whose reply has come as a whole. */
export function answered(answer: Answer = {}): Outcome {
  const { body = '' } = answer
  const feed = new BodyFeed(noWire, undefined)
  const pieces = typeof body === 'string' || body instanceof Uint8Array ? [body] : body
  for (const piece of pieces) feed.push(typeof piece === 'string' ? Buffer.from(piece) : piece)
  feed.end()
  return toOutcome(answer, feed)
}

function toOutcome({ status = 200, statusText = '', headers = {} }: Omit<Answer, 'body'>, feed: BodyFeed): Outcome {
  return replied({ status, statusText, headers, body: new ReplyBody(feed) })
}

/** An outcome that is an error. */
export function broken(code: MeshErrorCode, cause?: unknown): Outcome {
  return failed(new MeshError(code, 'as the test says', { service: 'orders', sent: false }, cause))
}

/** A door with one fake destination behind it. */
export interface FakeDoor {
  readonly fetch: MeshFetch
  readonly service: ServiceFetch
  /** Every call that was sent, oldest first. */
  readonly calls: Call[]
  /** Every origin that was asked for. */
  readonly asked: string[]
}

/** What differs from the usual destination. */
export interface DoorOptions {
  readonly deadlineMs?: number
  readonly authority?: string
  /** Hosts that nobody serves. */
  readonly unknown?: readonly string[]
  readonly now?: number
}

/** Makes a door whose calls are answered by `send`. */
export function doorTo(send: (call: Call) => Outcome | Promise<Outcome>, options: DoorOptions = {}): FakeDoor {
  const calls: Call[] = []
  const asked: string[] = []
  const clock: Clock = { now: () => options.now ?? 0, wallTime: () => 0, schedule: () => ({ cancel: () => {} }) }
  const destinationOf = (service: string): Destination => ({
    service,
    deadlineMs: options.deadlineMs ?? Number.POSITIVE_INFINITY,
    authority: options.authority,
    send: async (call) => {
      calls.push(call)
      return send(call)
    },
  })
  const find = (protocol: string, hostname: string, port: string): Destination | MeshError => {
    asked.push(`${protocol}//${hostname}:${port}`)
    if (options.unknown?.includes(hostname) === true) {
      return new MeshError('UNKNOWN_SERVICE', 'no such service', { service: hostname, sent: false })
    }
    return destinationOf(hostname)
  }
  const service = createServiceFetch({ find }, clock, 'orders', () => destinationOf('orders'))
  return { fetch: createFetch({ find }, clock), service, calls, asked }
}

/** The body of a call, as a transport would send it. */
export async function sentBytes(call: Call): Promise<Buffer> {
  const content = call.body.open()
  if (content instanceof Uint8Array) return Buffer.from(content)
  const pieces: Uint8Array[] = []
  for await (const piece of content) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** A destination that reads the body and answers with it. */
export async function echo(call: Call): Promise<Outcome> {
  return answered({ body: await sentBytes(call) })
}

/** One header of a call. */
export function headerSent(call: Call | undefined, name: string): string | undefined {
  return headerOf(call?.headers ?? [], name)
}

/** Lets everything that is due in the microtask queue, and streams, happen. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

/** The MeshError below what a promise rejects with, and that itself. */
export async function failureOf(promise: Promise<unknown>): Promise<{ error: Error; cause: MeshError }> {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason as Error,
  )
  const cause = MeshError.from(error)
  if (cause === undefined) throw error
  return { error, cause }
}
