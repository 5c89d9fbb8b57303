// What you learn: bodies stream in both directions, with back-pressure, and a caller can leave in the middle.
import { once } from 'node:events'
import { fixed, mesh } from 'proxyless'
import { startServer } from './support/start-server.ts'

let left = false
const server = await startServer('stream', async (request, response) => {
  if (request.url === '/upper') {
    for await (const chunk of request.setEncoding('utf8')) response.write(String(chunk).toUpperCase())
    response.end()
    return
  }
  response.on('close', () => {
    left = !response.writableFinished
  })
  for (let tick = 1; !response.destroyed; tick += 1) {
    response.write(`tick ${tick}\n`)
    await once(AbortSignal.timeout(10), 'abort')
  }
})

await using net = mesh({ name: 'streaming' })
  .service('text', (s) => s.resolve(fixed([server.url])).deadline('10s'))
  .build()

async function* words(): AsyncGenerator<Uint8Array> {
  for (const word of ['one ', 'two ', 'three']) yield new TextEncoder().encode(word)
}
const upper = await net.fetch('http://text/upper', { method: 'POST', body: ReadableStream.from(words()), duplex: 'half' })
console.log(await upper.text()) // prints: ONE TWO THREE

// An endless answer: read three pieces, and leave.
const controller = new AbortController()
const ticks = await net.fetch('http://text/ticks', { signal: controller.signal })
let seen = ''
try {
  for await (const chunk of ticks.body ?? []) {
    seen += new TextDecoder().decode(chunk)
    if (seen.includes('tick 3')) controller.abort(new Error('seen enough'))
  }
} catch (error) {
  console.log((error as Error).message) // prints: seen enough
}
while (!left) await once(AbortSignal.timeout(5), 'abort')
console.log('the server saw us leave') // prints: the server saw us leave
await server.close()
