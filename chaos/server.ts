// One server of the chaos run, in a process of its own so that it can be killed and stopped:
// node chaos/server.ts <address> <port> <file for what came> <h1 | h2c>
import { openSync, writeSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { ServerMode, ServerNews, ServerOrder } from './server-mode.ts'

const [address = '127.0.0.1', port = '0', file = '/dev/null', protocol = 'h1'] = process.argv.slice(2)
// Written synchronously: what came must be known of a server that is killed the moment after.
const came = openSync(file, 'a')
let mode: ServerMode = 'normal'
const sockets = new Set<Socket>()
const sessions = new Set<ServerHttp2Session>()

type Request = IncomingMessage | Http2ServerRequest
type Response = ServerResponse | Http2ServerResponse

function answer(request: Request, response: Response): void {
  const id = String(request.headers['x-call'] ?? '')
  writeSync(came, `${Date.now()} ${request.method} ${id}\n`)
  request.resume()
  if (mode === 'reset') request.socket.resetAndDestroy()
  else if (mode === 'garbage') request.socket.end('this is not what you expected\r\n\r\n')
  else if (mode === 'half-body') sendHalf(request, response, id)
  else if (mode === 'fail-fast') send(response, 500, 'no')
  else if (mode === 'limited') {
    response.setHeader('retry-after', '1')
    send(response, 429, 'not so fast')
  } else setTimeout(() => send(response, 200, JSON.stringify({ id })), (5 + 10 * Math.random()) * (mode === 'slow' ? 20 : 1))
}

function send(response: Response, status: number, text: string): void {
  response.statusCode = status
  response.end(text)
}

function sendHalf(request: Request, response: Response, id: string): void {
  response.setHeader('content-length', '1000')
  ;(response as ServerResponse).write(JSON.stringify({ id }))
  setTimeout(() => request.socket.resetAndDestroy(), 5)
}

const server = protocol === 'h2c' ? createHttp2Server(answer) : createServer({ keepAliveTimeout: 60_000 }, answer)
server.on('connection', (socket: Socket) => {
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
  socket.on('error', () => {})
})
server.on('session', (session: ServerHttp2Session) => {
  sessions.add(session)
  session.once('close', () => sessions.delete(session))
  session.on('error', () => {})
})
setInterval(() => {
  if (mode === 'goaway') for (const session of sessions) session.close()
}, 200)

function tell(news: ServerNews): void {
  process.send?.(news)
}

process.on('message', (order: ServerOrder) => {
  if (order === 'connections') tell({ connections: sockets.size })
  else mode = order.mode
})
// Nothing is left behind when the run ends early.
process.on('disconnect', () => process.exit())
server.listen(Number(port), address, () => tell({ listening: true }))
