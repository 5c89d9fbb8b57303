import type { IncomingMessage, ServerResponse } from 'node:http'
import { ConfigError } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'
import { printRecord } from '../records/print-record.ts'
import { ActionError, act } from './act.ts'
import { type AdminMesh, isAdminMesh } from './admin-mesh.ts'
import { type AdminHandlerOptions, type AdminSettings, adminSettings } from './admin-options.ts'
import { DoorKeeper, type Refusal } from './door-keeper.ts'
import { EventLog } from './event-log.ts'
import { explainRequest } from './explain-request.ts'
import { LiveFeed } from './live-feed.ts'
import { metricsText } from './metrics-text.ts'
import { OverviewMaker } from './overview-maker.ts'
import { pageFiles } from './page-files.ts'
import { plainJson } from './plain-json.ts'
import { readJson } from './read-json.ts'
import { readinessOf } from './readiness.ts'

/** Answers the requests of the admin page; made by {@link adminHandler}. */
export interface AdminHandler {
  /**
   * @param request as `node:http` gives it; the body not read.
   * @param response where the answer goes.
   * @param next called, if given, for what is not under {@link AdminHandlerOptions.path}; otherwise that is 404.
   */
  (request: IncomingMessage, response: ServerResponse, next?: () => void): void
  /** Ends every stream, and hears no more events of the mesh. Requests that come later are answered with 503. */
  close(): void
}

/** What every answer carries. The page is files of this origin and nothing else, and nobody may frame it. */
const safety = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const

const json = 'application/json; charset=utf-8'
const plain = 'text/plain; charset=utf-8'
const prometheus = 'text/plain; version=0.0.4; charset=utf-8'

/** A request that is being answered. */
interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Everything behind one handler. */
class AdminDesk {
  readonly #net: AdminMesh
  readonly #settings: AdminSettings
  readonly #keeper: DoorKeeper
  readonly #log: EventLog
  readonly #feed: LiveFeed
  #closed = false

  /** What can be read, by its path below the base. */
  readonly #readings: Readonly<Record<string, (exchange: Exchange) => void | Promise<void>>> = {
    '/api/overview': ({ response }) => answer(response, 200, json, this.#feed.frame()),
    '/api/snapshot': ({ response }) => answer(response, 200, json, plainJson(this.#net.snapshot())),
    '/api/plan': ({ response }) => answer(response, 200, json, plainJson(this.#net.plan)),
    '/api/recent': ({ response }) => this.#recent(response),
    '/api/explain': (exchange) => this.#explain(exchange),
    '/api/stream': (exchange) => this.#stream(exchange),
    '/metrics': ({ response }) => this.#metrics(response),
  }

  constructor(net: AdminMesh, settings: AdminSettings) {
    const { clock, intervalMs, actions, viewers: most } = settings
    this.#net = net
    this.#settings = settings
    this.#keeper = new DoorKeeper(settings.token)
    this.#log = new EventLog(net, clock)
    const overviews = new OverviewMaker(net, this.#log, actions, clock, intervalMs)
    this.#feed = new LiveFeed({ frame: () => plainJson(overviews.make()), clock, intervalMs, most })
  }

  async handle(exchange: Exchange, path: string): Promise<void> {
    const { request, response } = exchange
    if (this.#closed) return refuse(response, { status: 503, message: 'the admin page is closed' })
    if (path === '/api/actions') return this.#act(exchange)
    const file = path === '/' ? 'index.html' : path.slice(1)
    const isFile = file === 'index.html' || file === 'page.js' || file === 'page.css'
    const reading = Object.hasOwn(this.#readings, path) ? this.#readings[path] : undefined
    const isHealth = path === '/healthz' || path === '/readyz'
    if (!isFile && !isHealth && reading === undefined) return refuse(response, { status: 404, message: 'there is nothing here' })
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return refuse(response, { status: 405, message: 'expected GET or HEAD', headers: { allow: 'GET, HEAD' } })
    }
    if (isHealth) return this.#tellHealth(exchange, path)
    const refusal = isFile ? this.#keeper.refuseGuest(request) : this.#keeper.refuseReader(request)
    if (refusal !== undefined) return refuse(response, refusal)
    if (reading !== undefined) return reading(exchange)
    const { type, content } = (await pageFiles()).get(file) as { type: string; content: string }
    answer(response, 200, type, content)
  }

  close(): void {
    this.#closed = true
    this.#log.close()
    this.#feed.close()
  }

  #tellHealth({ request, response }: Exchange, path: string): void {
    const snapshot = this.#net.snapshot()
    if (path === '/healthz') return answer(response, snapshot.state === 'closed' ? 503 : 200, plain, `${snapshot.state}\n`)
    const readiness = readinessOf(snapshot, this.#settings.ready)
    // Whoever may not read is told whether, and not why.
    const told = this.#keeper.refuseReader(request) === undefined ? readiness : { ready: readiness.ready }
    answer(response, readiness.ready ? 200 : 503, json, plainJson(told))
  }

  #stream({ request, response }: Exchange): void {
    if (request.method === 'HEAD') return answer(response, 200, 'text/event-stream', '')
    for (const [name, value] of Object.entries(safety)) response.setHeader(name, value)
    if (!this.#feed.join(response)) refuse(response, { status: 503, message: 'too many look already', headers: { 'retry-after': '10' } })
  }

  #recent(response: ServerResponse): void {
    const records = this.#net.recent().map((record) => ({ ...record, text: printRecord(record) }))
    answer(response, 200, json, plainJson(records))
  }

  #explain({ request, response }: Exchange): void {
    const explained = explainRequest(this.#net, new URL(request.url ?? '/', 'http://localhost').searchParams)
    if (!explained.ok) return refuse(response, { status: 400, message: explained.message })
    answer(response, 200, json, plainJson(explained.explanation))
  }

  async #metrics(response: ServerResponse): Promise<void> {
    const { metrics } = this.#settings
    if (metrics !== undefined) return answer(response, 200, prometheus, await metrics())
    const told = await metricsText(this.#net)
    // A text, for whoever looks at why a scrape fails.
    if (told.ok) answer(response, 200, prometheus, told.text)
    else answer(response, 501, plain, `${told.message}\n`)
  }

  async #act({ request, response }: Exchange): Promise<void> {
    if (request.method !== 'POST') return refuse(response, { status: 405, message: 'expected POST', headers: { allow: 'POST' } })
    const refusal = this.#keeper.refuseActor(request)
    if (refusal !== undefined) return refuse(response, refusal)
    if (!this.#settings.actions) return refuse(response, { status: 403, message: 'actions are switched off: see the option `actions`' })
    const body = await readJson(request, this.#settings.clock)
    if (!body.ok) return refuse(response, body.refusal)
    try {
      act(this.#net, body.value)
    } catch (error) {
      if (error instanceof ActionError) return refuse(response, { status: 400, message: error.message })
      throw error
    }
    answer(response, 200, json, '{"done":true}')
  }
}

function answer(response: ServerResponse, status: number, type: string, content: string): void {
  if (response.destroyed || response.headersSent) return
  response.writeHead(status, { ...safety, 'content-type': type, 'content-length': Buffer.byteLength(content) })
  response.end(response.req.method === 'HEAD' ? '' : content)
}

function refuse(response: ServerResponse, { status, message, headers = {} }: Refusal): void {
  if (response.destroyed || response.headersSent) return
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  // What the body of a refused request says interests nobody, however long it is.
  if (!response.req.readableEnded) response.setHeader('connection', 'close')
  answer(response, status, json, plainJson({ error: message }))
}

/**
 * The admin page as a handler, for a server of your own.
 *
 * Without a token it answers only programs of this machine which call it by a loopback name and not through a proxy.
 *
 * @param net the mesh.
 * @param options see {@link AdminHandlerOptions}.
 * @throws ConfigError with every problem of the options.
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { fixed, mesh } from 'proxyless'
 * import { adminHandler } from 'proxyless/admin'
 *
 * const net = mesh().service('orders', (s) => s.resolve(fixed(['http://10.0.0.7:8080']))).build()
 * const admin = adminHandler(net, { path: '/admin', token: process.env.ADMIN_TOKEN })
 * createServer((request, response) => {
 *   if (request.url?.startsWith('/admin')) admin(request, response)
 *   else response.end('hello')
 * })
 * ```
 */
export function adminHandler(net: AdminMesh, options?: AdminHandlerOptions): AdminHandler {
  return handlerOf(net, adminSettings(options, false))
}

/** The handler of options that are checked. */
export function handlerOf(net: AdminMesh, settings: AdminSettings): AdminHandler {
  if (!isAdminMesh(net)) throw new ConfigError([{ path: 'admin', expected: 'a mesh', received: printValue(net) }])
  const desk = new AdminDesk(net, settings)
  const { base } = settings
  const handler = (request: IncomingMessage, response: ServerResponse, next?: () => void): void => {
    // Frameworks cut off what they matched.
    const { originalUrl } = request as { originalUrl?: string }
    const path = (originalUrl ?? request.url ?? '/').replace(/[?#].*$/s, '')
    // Files of the page are named without the base, so that its own address must end with a slash.
    if (base !== '' && path === base) {
      response.writeHead(308, { ...safety, location: `${base}/` }).end()
      return
    }
    if (!path.startsWith(`${base}/`)) {
      if (next === undefined) refuse(response, { status: 404, message: 'there is nothing here' })
      else next()
      return
    }
    desk.handle({ request, response }, path.slice(base.length)).catch((error: unknown) => {
      refuse(response, { status: 500, message: error instanceof Error ? error.message : String(error) })
    })
  }
  return Object.assign(handler, { close: () => desk.close() })
}
