import assert from 'node:assert/strict'
import type http from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fixed, mesh } from '../../src/index.ts'
import { httpServer } from './transport/wire.ts'

type State = 'well' | 'hangs' | 'resets' | 'fails' | 'slow' | 'refuses'

/** A server that is well for 2 ms a request, until it is told otherwise. */
function answer(state: State, request: http.IncomingMessage, response: http.ServerResponse): void {
  if (state === 'hangs') return
  if (state === 'resets' || state === 'refuses') request.socket.resetAndDestroy()
  else if (state === 'fails') response.writeHead(503).end()
  else setTimeout(() => response.end('ok'), state === 'slow' ? 3_000 : 2)
}

for (const bad of [
  ['hangs', 'hangs', 'hangs'],
  ['resets', 'resets', 'resets'],
  ['hangs', 'fails', 'slow'],
] as const) {
  test(`no idempotent call fails while three of nine endpoints go bad: ${bad.join(', ')}`, async (t) => {
    const states: State[] = Array.from({ length: 9 }, () => 'well')
    const servers = await Promise.all(
      states.map((_, i) => httpServer(t, (request, response) => answer(states[i] as State, request, response))),
    )
    const net = mesh()
      .service('orders', (s) =>
        s
          .resolve(fixed(servers.map(({ url }) => url)))
          .deadline('1m')
          .retry({ attemptTimeout: '1s' }),
      )
      .build()
    t.after(() => net.close())
    const failures: string[] = []
    let left = 1_500
    const caller = async () => {
      while (left > 0) {
        left -= 1
        if (left === 1_000) for (const [i, state] of bad.entries()) states[i * 3] = state
        try {
          const response = await net.fetch('http://orders/')
          if ((await response.text()) !== 'ok') failures.push(String(response.status))
        } catch (error) {
          failures.push(String((error as Error).cause))
        }
        await sleep(5)
      }
    }
    await Promise.all(Array.from({ length: 16 }, caller))
    assert.deepEqual(failures, [])
    const { extraAttempts } = net.snapshot().services.orders ?? {}
    assert.ok((extraAttempts?.retries ?? 0) > 0)
    assert.equal(extraAttempts?.overBudget, 0)
  })
}
