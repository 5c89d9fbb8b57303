/** What lies below `TypeError: fetch failed` for hosts that no service declares. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'
import { test } from 'node:test'
import { MeshError, type MeshErrorCode } from '../../../src/index.ts'
import { rawServer } from '../transport/wire.ts'
import { builtInMajor, passthroughMesh } from './compare.ts'

async function deadUrl(): Promise<string> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return `http://127.0.0.1:${port}`
}

const failures: readonly (readonly [string, MeshErrorCode, boolean, ((socket: Socket) => void) | undefined])[] = [
  ['nobody listens', 'CONNECT_FAILED', false, undefined],
  ['the server hangs up', 'CONNECTION_LOST', true, (socket) => socket.once('data', () => socket.destroy())],
  ['the server resets the connection', 'CONNECTION_LOST', true, (socket) => socket.once('data', () => socket.resetAndDestroy())],
  ['the reply is no HTTP', 'BAD_REPLY', true, (socket) => socket.once('data', () => socket.end('garbage\r\n\r\n'))],
  [
    'the reply is cut short',
    'CONNECTION_LOST',
    true,
    (socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx')),
  ],
]

for (const [what, code, sent, behave] of failures) {
  test(`when ${what}, the MeshError names the host, and below it lies what the built-in fetch has as its cause`, async (t) => {
    const url = behave === undefined ? await deadUrl() : (await rawServer(t, behave)).url
    const failureOf = async (fetch: typeof globalThis.fetch) => {
      const failure = await fetch(url)
        .then((response) => response.text())
        .then(assert.fail, (error: Error) => error)
      assert.ok(failure instanceof TypeError)
      return failure as TypeError & { cause: Error }
    }
    const builtIn = await failureOf(globalThis.fetch)
    const ours = await failureOf(passthroughMesh(t).fetch as typeof globalThis.fetch)
    assert.equal(ours.message, builtIn.message)
    const { cause } = ours
    assert.ok(MeshError.is(cause))
    assert.deepEqual([cause.code, cause.facts], [code, { service: new URL(url).host, endpoint: url, sent }])
    const below = cause.cause as Error & { code?: string }
    // Of a reply that is no HTTP older ones say something else.
    if (builtInMajor >= 7 || code !== 'BAD_REPLY') {
      assert.deepEqual([below.message, below.code], [builtIn.cause.message, (builtIn.cause as { code?: string }).code])
    }
    assert.ok(cause.message.includes(below.message), cause.message)
  })
}
