import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fixed, mesh, roundRobin } from '../../src/index.ts'
import { until } from '../servers/server-kit.ts'
import { httpServer } from './transport/wire.ts'

/** Where a call is when its caller leaves. */
interface Progress {
  /** Requests that came to a server. */
  readonly begun: number
  /** Attempts that failed. */
  readonly failures: number
  /** Whether the caller has the head of the reply. */
  readonly replied: boolean
}

for (const [when, path, hedge, moment, attempts] of [
  ['before the call', '/hang', '1h', () => true, 0],
  ['during the first attempt', '/hang', '1h', ({ begun }) => begun === 1, 1],
  ['while attempts run side by side', '/hang', '40ms', ({ begun }) => begun === 2, 2],
  // An attempt that fails begins the one beside it at once, and only when both failed does the call wait.
  ['during the back-off', '/503', '1h', ({ failures }) => failures === 2, 2],
  ['while the body comes', '/half', '1h', ({ replied }) => replied, 1],
] as const satisfies readonly (readonly [string, string, string, (progress: Progress) => boolean, number])[]) {
  test(`a caller that leaves ${when} leaves nothing behind, and is held against nobody`, async (t) => {
    let begun = 0
    let open = 0
    let replied = false
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
          .deadline('24h')
          .retry({ backoff: { kind: 'exponential', base: '1h', max: '1h' } })
          .hedge({ after: hedge }),
      )
      .build()
    t.after(() => net.close())
    const endpoints = () => net.snapshot().services.orders?.endpoints ?? []
    const failures = () => endpoints().reduce((sum, each) => sum + each.failures, 0)
    const reason = new Error('gone')
    const controller = new AbortController()
    if (attempts === 0) controller.abort(reason)
    const call = async () => {
      const response = await net.fetch(`http://orders${path}`, { signal: controller.signal })
      replied = true
      return response.text()
    }
    const left = assert.rejects(call, (error) => error === reason)
    await until('the moment has come', () => moment({ begun, failures: failures(), replied }))
    controller.abort(reason)
    await left
    await until('no server has anything in hand', () => open === 0)
    const { calls } = net.snapshot().services.orders ?? {}
    assert.deepEqual([calls?.inFlight, calls?.failed], [0, 0])
    assert.ok(endpoints().every(({ inFlight }) => inFlight === 0))
    // Only the replies that failed by themselves.
    assert.equal(failures(), path === '/503' ? 2 : 0)
    await sleep(60)
    assert.equal(begun, attempts)
  })
}
