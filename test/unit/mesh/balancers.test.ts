import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  affinity,
  aperture,
  type BalancerPart,
  boundedLoad,
  fixed,
  inFlight,
  leastRequest,
  loadReports,
  maglev,
  mesh,
  peakEwma,
  powerOfTwo,
  prequal,
  primaryBackup,
  random,
  randomSubset,
  rendezvous,
  ringHash,
  roundRobin,
  slowStart,
  weightedRandom,
  weightedRoundRobin,
} from '../../../src/index.ts'
import { fakeClock, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'

const hashOn = { header: 'x-user' } as const

const balancers: readonly BalancerPart[] = [
  roundRobin(),
  weightedRoundRobin(),
  random(),
  weightedRandom(),
  leastRequest(),
  powerOfTwo(inFlight()),
  powerOfTwo(peakEwma()),
  ringHash({ hashOn }),
  maglev({ hashOn }),
  rendezvous({ hashOn }),
  boundedLoad(rendezvous({ hashOn })),
  boundedLoad(powerOfTwo(peakEwma())),
  primaryBackup(),
  loadReports(),
  prequal(),
  prequal({ probe: async () => ({ rif: 1, latencyMs: 1 }) }),
  slowStart(leastRequest()),
  affinity(roundRobin(), { cookie: { name: 'at' } }),
  randomSubset({ size: 2, balancer: powerOfTwo(peakEwma()) }),
  aperture({ peer: 0, peers: 2, min: 1, meter: peakEwma() }),
]

for (const balancer of balancers) {
  test(`a mesh with ${JSON.stringify(balancer)} serves, avoids what was tried, and leaves nothing behind`, async () => {
    const clock = fakeClock()
    const attempts: string[] = []
    const transport = scriptedTransport(({ endpoint }) => {
      attempts.push(endpoint.address)
      // The first attempt of each call meets an endpoint that refuses connections.
      return attempts.length % 2 === 1 ? { error: 'CONNECT_FAILED' } : { body: endpoint.address }
    })
    const endpoints = [{ url: 'http://10.0.0.1:80', weight: 3 }, 'http://10.0.0.2:80', 'http://10.0.0.3:80']
    const net = mesh({ clock, random: seededRandom('mesh'), transport })
      .service('orders', (s) => s.resolve(fixed(endpoints)).balance(balancer))
      .build()
    for (let call = 0; call < 20; call += 1) {
      const response = await clock.until(net.fetch(`http://orders/${call}`, { headers: { 'x-user': String(call) } }))
      assert.equal(await clock.until(response.text()), attempts.at(-1))
      assert.equal(attempts.length, 2 * call + 2)
      assert.notEqual(attempts.at(-1), attempts.at(-2))
    }
    const [service] = Object.values(net.snapshot().services)
    assert.deepEqual(
      service?.endpoints.map((endpoint) => endpoint.inFlight),
      [0, 0, 0],
    )
    await clock.until(net.close())
    clock.assertIdle()
  })
}
