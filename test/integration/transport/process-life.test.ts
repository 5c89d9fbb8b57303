import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { http2Server, httpServer } from './wire.ts'

const wire = new URL('./wire.ts', import.meta.url).href

/** Runs a program with the wire's functions in scope; tells how it ended: whatever keeps it for a minute ends it by force. */
async function run(body: string, flags: string[] = []): Promise<{ code: number | null; output: string }> {
  const program = `
    import { undiciTransport } from '${new URL('../../../src/transport/undici-transport.ts', import.meta.url).href}'
    import { MeshError } from '${new URL('../../../src/errors/mesh-error.ts', import.meta.url).href}'
    import { systemClock } from '${new URL('../../../src/runtime/system-clock.ts', import.meta.url).href}'
    import { seededRandom } from '${new URL('../../../src/runtime/seeded-random.ts', import.meta.url).href}'
    import { attemptAt, endpointAt, textOf } from '${wire}'
    const transport = (http, tls) => undiciTransport(http, tls)({ service: 'orders', clock: systemClock, random: seededRandom(1), emit() {} })
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
    ${body}`
  const child = spawn(process.execPath, [...flags, '--no-warnings', '--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (data) => (output += data))
  child.stderr.on('data', (data) => (output += data))
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000)
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  return { code, output }
}

test('a program that forgot to close ends, although connections are kept', async (t) => {
  const server = await httpServer(t, (_q, r) => r.end('ok'), { keepAliveTimeout: 600_000 })
  const { code, output } = await run(`
    const wire = transport({ keepAlive: '10m' })
    const endpoint = endpointAt('${server.url}')
    await Promise.all(Array.from({ length: 10 }, async () => textOf(await wire.send(attemptAt(endpoint)))))
    console.log(JSON.stringify(wire.stats(endpoint)))`)
  assert.equal(code, 0, output)
  assert.match(output, /"connections":10/)
})

test('a program that forgot to close ends, although an HTTP/2 session is kept', async (t) => {
  const server = await http2Server(t, (stream) => stream.end('ok'))
  const { code, output } = await run(
    `console.log(await textOf(await transport({ protocol: 'h2' }).send(attemptAt(endpointAt('${server.url}')))))`,
  )
  assert.equal(code, 0, output)
})

test('a program that never reads a large reply ends', async (t) => {
  const server = await httpServer(t, (_q, r) => r.end(Buffer.alloc(32 * 1024 * 1024)))
  const { code, output } = await run(`
    globalThis.kept = await transport().send(attemptAt(endpointAt('${server.url}')))
    await pause(100)
    console.log('end of program')`)
  assert.equal(code, 0, output)
  assert.match(output, /end of program/)
})

test('a program that gave up the rest of a reply ends, although the server never sends it', async (t) => {
  const server = await httpServer(t, (_q, r) => {
    r.writeHead(200, { 'content-length': 20_000 })
    r.write('the beginning')
  })
  const { code, output } = await run(`
    const outcome = await transport().send(attemptAt(endpointAt('${server.url}')))
    outcome.reply.body.discard()`)
  assert.equal(code, 0, output)
})

test('a program whose caller left while a connection was made ends', async (t) => {
  const server = await httpServer(t, (_q, r) => r.end('ok'), { keepAliveTimeout: 600_000 })
  const { code, output } = await run(`
    const attempt = attemptAt(endpointAt('${server.url}'))
    const outcome = transport().send(attempt)
    attempt.cancellation.cancel(new MeshError('ABORTED', 'left', { service: 'orders', sent: false }))
    await outcome
    await pause(50)`)
  assert.equal(code, 0, output)
})

test('a program waits for a reply that is still to come', async (t) => {
  const server = await httpServer(t, (_q, r) => void setTimeout(() => r.end('late'), 300))
  const { code, output } = await run(`console.log(await textOf(await transport().send(attemptAt(endpointAt('${server.url}')))))`)
  assert.equal(code, 0, output)
  assert.match(output, /late/)
})

test('a large reply that is dropped unread gives its connection back after a garbage collection', async (t) => {
  const server = await httpServer(t, (_q, r) => r.end(Buffer.alloc(32 * 1024 * 1024)))
  const { code, output } = await run(
    `
    const wire = transport({ connections: 2 })
    const endpoint = endpointAt('${server.url}')
    for (let i = 0; i < 6; i++) {
      await wire.send(attemptAt(endpoint))
      for (let k = 0; k < 500 && wire.stats(endpoint).connections > 0; k++) { await pause(10); globalThis.gc() }
    }
    console.log(JSON.stringify(wire.stats(endpoint)))`,
    ['--expose-gc'],
  )
  assert.equal(code, 0, output)
  assert.match(output, /"connections":0,"idle":0,"waiting":0/)
})
