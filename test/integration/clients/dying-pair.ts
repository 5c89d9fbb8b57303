import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import type { TestContext } from 'node:test'
import { fixed, type Mesh, type MeshRequestInit, mesh, roundRobin } from '../../../src/index.ts'
import { until } from '../../servers/server-kit.ts'
import { httpServer } from '../transport/wire.ts'

const callers = 8
const callsOfEach = 20

/** The service `orders` with two endpoints, one of which dies while it is called. */
export interface DyingPair {
  readonly net: Mesh
  /** `net.fetch`, for clients that cannot pass the options of the mesh on: every call may be repeated. */
  readonly repeatableFetch: typeof globalThis.fetch
  /**
   * Makes many calls from several callers at once, and closes one endpoint hard while some of them wait there for their reply.
   *
   * @param call makes one call; `i` counts them.
   * @returns what each call came to. None has failed, both endpoints have served some, and some were repeated.
   */
  whileOneDies<T>(call: (i: number) => Promise<T>): Promise<T[]>
}

/**
 * Starts the two endpoints, and a mesh that calls them.
 *
 * @param listener how both answer; what they have in hand when one dies is not answered there.
 */
export async function dyingPair(t: TestContext, listener: RequestListener): Promise<DyingPair> {
  const served = { steady: 0, doomed: 0 }
  let isDoomed = false
  let parked = 0
  let busy = 0
  const steady = await httpServer(t, (request, response) => {
    served.steady += 1
    listener(request, response)
  })
  const doomed = await httpServer(t, (request, response) => {
    if (isDoomed) {
      parked += 1
      return
    }
    served.doomed += 1
    busy += 1
    response.once('close', () => {
      busy -= 1
    })
    listener(request, response)
  })
  const net = mesh({ name: 'shop' })
    // In turns: a balancer that sees who is busy may leave the one alone that is waited for.
    .service('orders', (s) => s.resolve(fixed([steady.url, doomed.url])).balance(roundRobin()))
    .build()
  t.after(() => net.close({ grace: 0 }))
  let repeated = 0
  net.on('attempt-repeated', () => {
    repeated += 1
  })

  /** Replies that have begun come to their end; requests that have not been answered yet are cut off. */
  async function kill(): Promise<void> {
    isDoomed = true
    await until('some calls wait at the endpoint that dies', () => parked >= 3 && busy === 0)
    doomed.server.close()
    doomed.server.closeAllConnections()
  }

  return {
    net,
    repeatableFetch: (input, init) => net.fetch(input as string, { ...(init as MeshRequestInit), mesh: { idempotent: true } }),
    async whileOneDies<T>(call: (i: number) => Promise<T>): Promise<T[]> {
      const results: T[] = []
      let begun = 0
      const calling = Array.from({ length: callers }, async () => {
        for (let i = 0; i < callsOfEach; i += 1) results.push(await call(begun++))
      })
      await until('a quarter of the calls', () => results.length >= (callers * callsOfEach) / 4, 60_000)
      const sentBefore = served.doomed
      await Promise.all([kill(), ...calling])
      assert.ok(sentBefore > 0, 'the endpoint that died has never served')
      assert.ok(served.steady > 0, 'the endpoint that lived has never served')
      assert.ok(repeated >= parked, `${parked} calls were cut off, ${repeated} repeated`)
      assert.equal(results.length, callers * callsOfEach)
      return results
    },
  }
}
