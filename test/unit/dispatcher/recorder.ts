import type { Dispatcher } from 'undici'
import { CallTag } from '../../../src/records/call-teller.ts'

type Controller = Dispatcher.DispatchController

/** What a recorder does beside recording, by callback. */
export interface RecorderHooks {
  readonly start?: (controller: Controller) => void
  readonly head?: (controller: Controller, status: number) => void
  readonly data?: (controller: Controller, chunk: Buffer) => void
  readonly end?: () => void
  readonly error?: (error: unknown) => void
}

/** A handler, new style, that notes everything it is told. */
export class Recorder implements Dispatcher.DispatchHandler {
  readonly #hooks: RecorderHooks
  #finish: () => void = () => {}
  /** What it was told, in order. */
  readonly told: string[] = []
  readonly chunks: Buffer[] = []
  /** Settles at the end, good or bad. */
  readonly over: Promise<void> = new Promise((resolve) => {
    this.#finish = resolve
  })
  controller: Controller | undefined
  errorController: Controller | null | undefined
  headers: unknown
  statusText: string | undefined
  trailers: unknown
  error: (Error & { code?: string; cause?: unknown }) | undefined

  constructor(hooks: RecorderHooks = {}) {
    this.#hooks = hooks
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString()
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.told.push(context instanceof CallTag ? 'start' : 'start with context')
    this.controller = controller
    this.#hooks.start?.(controller)
  }

  onResponseStart(controller: Controller, status: number, headers: unknown, statusText?: string): void {
    this.told.push(`head ${status}`)
    this.headers = headers
    this.statusText = statusText
    this.#hooks.head?.(controller, status)
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    this.told.push(`data ${chunk.byteLength}`)
    this.chunks.push(chunk)
    this.#hooks.data?.(controller, chunk)
  }

  onResponseEnd(_controller: Controller, trailers: unknown): void {
    this.told.push('end')
    this.trailers = trailers
    this.#finish()
    this.#hooks.end?.()
  }

  onResponseError(controller: Controller, error: Error): void {
    this.told.push('error')
    this.errorController = controller
    this.error = error
    this.#finish()
    this.#hooks.error?.(error)
  }
}

/** A handler in the old style of undici 6, and of the built-in fetch of Node 22 and 24. */
export class OldRecorder {
  #finish: () => void = () => {}
  readonly told: string[] = []
  readonly over: Promise<void> = new Promise((resolve) => {
    this.#finish = resolve
  })
  readonly chunks: Buffer[] = []
  rawHeaders: Buffer[] = []
  rawTrailers: Buffer[] = []
  statusText = ''
  error: unknown
  abort: ((reason?: unknown) => void) | undefined
  resume: (() => void) | undefined
  /** Whether it has had enough, which the old style says by returning `false`. */
  full = false

  onConnect(abort: (reason?: unknown) => void): void {
    this.told.push('connect')
    this.abort = abort
  }

  onHeaders(status: number, headers: Buffer[], resume: () => void, statusText: string): boolean {
    this.told.push(`headers ${status}`)
    this.rawHeaders = headers
    this.resume = resume
    this.statusText = statusText
    return !this.full
  }

  onData(chunk: Buffer): boolean {
    this.told.push(`data ${chunk.byteLength}`)
    this.chunks.push(chunk)
    return !this.full
  }

  onComplete(trailers: Buffer[]): void {
    this.told.push('complete')
    this.rawTrailers = trailers
    this.#finish()
  }

  onError(error: unknown): void {
    this.told.push('error')
    this.error = error
    this.#finish()
  }
}

/** Lets everything that is due in the microtask queue, and streams, happen. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i += 1) await new Promise((resolve) => setImmediate(resolve))
}
