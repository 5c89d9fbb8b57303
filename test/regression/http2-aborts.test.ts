import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

test('calls over HTTP/2 that are given up while their bodies are written do not bring the process to a stand', {
  timeout: 115_000,
}, async (t) => {
  const server = createServer((request, response) => {
    for (const each of [request, response]) each.on('error', () => {})
    request.resume()
    response.write('a'.repeat(1_000))
    setTimeout(() => response.end('b'.repeat(70_000)), 30)
  })
  server.on('session', (session) => {
    session.on('error', () => {})
    t.after(() => session.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  // In a process of its own: one that stands still in native code can only be killed.
  const caller = fork(fileURLToPath(new URL('http2-aborts-caller.ts', import.meta.url)), [
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  ])
  const killer = setTimeout(() => caller.kill('SIGKILL'), 100_000)
  t.after(() => clearTimeout(killer))
  const said = once(caller, 'message')
  const [code, signal] = await once(caller, 'exit')
  assert.deepEqual([code, signal], [0, null])
  const [{ calls, inFlight, status }] = await said
  assert.ok(calls > 100, String(calls))
  assert.deepEqual([inFlight, status], [0, 200])
})
