// A small HTTP server for machines without nginx: `node small-server.ts <port>...`. It knows as much of HTTP as the benches need, answers
// one request at a time on each connection, and costs a third of what node:http does.
import { createServer, type Socket } from 'node:net'
import { jsonAnswer, jsonHeaders, textAnswer } from './case.ts'

function reply(body: string | Uint8Array, headers: readonly (readonly [string, string])[] = []): Buffer {
  const bytes = Buffer.from(body)
  const lines = [['content-length', String(bytes.length)], ['server', 'small'], ...headers].map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${lines.join('')}\r\n`), bytes])
}

const replies: Readonly<Record<string, Buffer>> = {
  '/text': reply(textAnswer),
  '/json': reply(jsonAnswer, [['content-type', 'application/json'], ...jsonHeaders]),
  '/64k': reply(new Uint8Array(65_536)),
  '/1m': reply(new Uint8Array(1_048_576)),
  '/sink': reply('ok'),
}
const unknown: Buffer = Buffer.from('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n')

function serve(socket: Socket): void {
  let head = ''
  /** Bytes of the request's body that have not come; `'chunked'` until the last chunk. */
  let rest: number | 'chunked' = 0
  let answer: Buffer = unknown
  socket.setNoDelay(true)
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    if (rest === 0) {
      head += chunk.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end === -1) return
      const body = head.slice(end + 4)
      answer = replies[/^\w+ ([^? ]*)/.exec(head)?.[1] ?? ''] ?? unknown
      const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
      rest = length === undefined ? 0 : Number(length) - body.length
      if (/\r\ntransfer-encoding: *chunked/i.test(head)) rest = body.endsWith('0\r\n\r\n') ? 0 : 'chunked'
      head = ''
    } else if (rest === 'chunked') {
      if (chunk.toString('latin1').endsWith('0\r\n\r\n')) rest = 0
    } else {
      rest -= chunk.length
    }
    if (rest === 0) socket.write(answer)
  })
}

for (const port of process.argv.slice(2)) createServer(serve).listen(Number(port), '127.0.0.1')
