import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fixed, mesh, roundRobin } from '../../src/index.ts'
import { httpServer } from './transport/wire.ts'

for (const [when, path, afterMs, attempts] of [
  ['before the call', '/hang', 0, 0],
  ['during the first attempt', '/hang', 15, 1],
  ['while attempts run side by side', '/hang', 90, 2],
  ['during the back-off', '/503', 90, 2],
  ['while the body comes', '/half', 90, 1],
] as const) {
  test(`a caller that leaves ${when} leaves nothing behind, and is held against nobody`, async (t) => {
    let begun = 0
    let open = 0
    const servers = await Promise.all(
      [1, 2].map(() =>
        httpServer(t, (request, response) => {
          begun += 1
          open += 1
          response.on('close', () => {
            open -= 1
          })
          if (request.url === '/503') response.writeHead(503).end('no')
          else if (request.url === '/half') response.write('part')
        }),
      ),
    )
    const net = mesh()
      .service('orders', (s) =>
        s
          .resolve(fixed(servers.map(({ url }) => url)))
          .balance(roundRobin())
          .retry({ backoff: { kind: 'exponential', base: '2s', max: '2s' } })
          .hedge({ after: '40ms' }),
      )
      .build()
    t.after(() => net.close())
    const reason = new Error('gone')
    const controller = new AbortController()
    if (afterMs === 0) controller.abort(reason)
    else setTimeout(() => controller.abort(reason), afterMs)
    const call = async () => (await net.fetch(`http://orders${path}`, { signal: controller.signal })).text()
    await assert.rejects(call, (error) => error === reason)
    for (let i = 0; open > 0 && i < 100; i += 1) await sleep(10)
    const { calls, endpoints = [] } = net.snapshot().services.orders ?? {}
    assert.deepEqual([open, calls?.inFlight, calls?.failed], [0, 0, 0])
    assert.ok(endpoints.every(({ inFlight }) => inFlight === 0))
    // Only the replies that failed by themselves.
    assert.equal(
      endpoints.reduce((sum, { failures }) => sum + failures, 0),
      path === '/503' ? 2 : 0,
    )
    await sleep(60)
    assert.ok(begun <= attempts, `${begun} attempts, at most ${attempts}`)
  })
}
