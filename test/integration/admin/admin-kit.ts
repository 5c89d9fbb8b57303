import { once } from 'node:events'
import http, { type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import type { TestContext } from 'node:test'
import { type AdminOptions, type AdminServer, type Overview, startAdmin } from '../../../src/admin/index.ts'
import { fixed, type Mesh, mesh, roundRobin } from '../../../src/index.ts'
import { byEndpoint, scriptedTransport } from '../../../src/testing/index.ts'

/** A mesh of two services without a wire: the second endpoint of `orders` answers 500. */
export function shopMesh(
  t: TestContext,
  orders: readonly string[] = ['http://10.0.0.1:80', 'http://10.0.0.2:80', 'http://10.0.0.3:80'],
): Mesh {
  const answers = Object.fromEntries(orders.map((url, i) => [url, { status: i === 1 ? 500 : 200, body: 'ok' }]))
  const net = mesh({
    name: 'shop',
    transport: scriptedTransport(byEndpoint({ ...answers, 'http://10.0.1.1:80': { status: 200, body: 'ok' } })),
  })
    .service('orders', (s) =>
      s
        .resolve(fixed([...orders]))
        .balance(roundRobin())
        .retry(false)
        .circuitBreaker({ service: {} }),
    )
    .service('users', (s) => s.resolve(fixed(['http://10.0.1.1:80'])))
    .build() as unknown as Mesh
  t.after(() => net.close({ grace: 0 }))
  return net
}

/** An admin server that the test closes. */
export async function openAdmin(
  t: TestContext,
  options?: AdminOptions,
  net: Mesh = shopMesh(t),
): Promise<{ net: Mesh; admin: AdminServer; port: number }> {
  const admin = await startAdmin(net, { port: 0, ...options })
  t.after(() => admin.close())
  return { net, admin, port: Number(new URL(admin.url).port) }
}

/** What a server answered. */
export interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** How it is asked. */
export interface Asked {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string
}

/** Asks it with whatever headers, also those that fetch would not send. */
export async function ask(port: number, path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answered> {
  const request = http.request({ host: '127.0.0.1', port, path, method, headers, agent: false })
  request.end(body)
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk)
  return { status: response.statusCode as number, headers: response.headers, text }
}

/** Acts, as the page does. */
export function act(port: number, action: unknown, headers: OutgoingHttpHeaders = {}): Promise<Answered> {
  const own = { 'content-type': 'application/json', 'x-proxyless-admin': '1', ...headers }
  return ask(port, '/api/actions', { method: 'POST', headers: own, body: JSON.stringify(action) })
}

/** A stream that is being read. */
export interface Watching {
  readonly frames: Overview[]
  /** Resolves when the server ends it. */
  readonly over: Promise<void>
  leave(): void
}

/** Looks at the stream. */
export async function watch(port: number, headers: OutgoingHttpHeaders = {}): Promise<Watching> {
  const request = http.request({ host: '127.0.0.1', port, path: '/api/stream', headers, agent: false })
  request.end()
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  if (response.statusCode !== 200) {
    response.resume()
    throw new Error(`status ${response.statusCode}`)
  }
  const frames: Overview[] = []
  let left = ''
  response.setEncoding('utf8').on('data', (text: string) => {
    const messages = `${left}${text}`.split('\n\n')
    left = messages.pop() ?? ''
    for (const message of messages) frames.push(JSON.parse(message.slice('data: '.length)) as Overview)
  })
  response.on('error', () => {})
  request.on('error', () => {})
  const over = new Promise<void>((resolve) => response.once('close', () => resolve()))
  return { frames, over, leave: () => request.destroy() }
}
