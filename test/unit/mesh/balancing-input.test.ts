import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  affinity,
  aperture,
  type Balancer,
  boundedLoad,
  ConfigError,
  fixed,
  inFlight,
  leastRequest,
  loadReports,
  maglev,
  mesh,
  part,
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
import { fakeClock, scriptedTransport } from '../../../src/testing/index.ts'

test('weights that are negative, no number or zero are told with their endpoint, all of them at once', () => {
  const endpoints = [-1, Number.NaN, 0].map((weight, index) => ({ url: `http://10.0.0.${index + 1}:80`, weight }))
  assert.throws(
    () =>
      mesh()
        .service('orders', (s) => s.resolve(fixed(endpoints)).balance(roundRobin()))
        .build(),
    (error) => {
      assert.ok(ConfigError.is(error))
      assert.deepEqual(
        error.problems.map(({ path, received }) => `${path}: ${received}`),
        ['-1', 'NaN', '0'].map((got, index) => `services.orders.resolver.endpoints[${index}].weight: ${got}`),
      )
      return true
    },
  )
})

test('a hash without anything to hash is told', () => {
  for (const [name, make] of [
    ['ringHash', ringHash],
    ['maglev', maglev],
    ['rendezvous', rendezvous],
  ] as const) {
    for (const options of [{}, undefined]) {
      assert.throws(
        () => make(options as never),
        new RegExp(`^TypeError: ${name}: hashOn: expected .*, or a function of the call, got undefined$`),
      )
    }
    assert.throws(() => make({ hashOn: [] }), new RegExp(`${name}: hashOn: expected at least one source, got none`))
  }
})

test('a call for a label that no endpoint has says which labels there are', async () => {
  const net = mesh({ transport: scriptedTransport(() => ({})) })
    .service('orders', (s) => s.resolve(fixed([{ url: 'http://10.0.0.1:80', labels: { version: 'v1' } }])))
    .build()
  await assert.rejects(net.fetch('http://orders/', { mesh: { subset: { color: 'red' } } }), (error: Error) => {
    assert.match((error.cause as Error).message, /orders: .* color=red: no endpoint has a label color; there is only version$/)
    return true
  })
  await net.close()
})

test('a balancer that was not called, as in .balance(roundRobin), is told when the mesh is built', () => {
  const factories = {
    ...{
      affinity,
      aperture,
      boundedLoad,
      inFlight,
      leastRequest,
      loadReports,
      maglev,
      peakEwma,
      powerOfTwo,
      prequal,
      primaryBackup,
      random,
    },
    ...{ randomSubset, rendezvous, ringHash, roundRobin, slowStart, weightedRandom, weightedRoundRobin },
  }
  for (const [name, factory] of Object.entries(factories)) {
    const build = () =>
      mesh()
        .service('orders', (s) => s.resolve(fixed(['http://10.0.0.1:80'])).balance(factory as never))
        .build()
    assert.throws(build, (error) => {
      assert.ok(ConfigError.is(error), name)
      assert.match(error.message, /services\.orders\.balancer: /)
      if (factory !== inFlight)
        assert.match(error.message, new RegExp(`got a function that makes a (balancer|part): it must be called, as in ${name}\\(\\)`))
      return true
    })
  }
})

test('a balancer inside another one, or a meter, that was not called is refused by the one outside', () => {
  for (const outside of [affinity, boundedLoad, randomSubsetOf, slowStart])
    assert.throws(
      () => outside(maglev as never, {} as never),
      /: balancer: expected a balancer such as .*, got the function maglev, which must be called$/,
    )
  assert.throws(
    () => powerOfTwo(peakEwma as never),
    /^TypeError: powerOfTwo: meter: expected a load meter such as inFlight\(\), got the function peakEwma/,
  )
})

const randomSubsetOf = (balancer: never) => randomSubset({ size: 1, balancer })

test('an amended reply without headers, or with headers that are none, counts as broken, and the reply goes on as it came', async () => {
  for (const headers of [null, undefined, 'x-a: b']) {
    const clock = fakeClock()
    const amending = part<Balancer>('amending', {}, () => ({
      name: 'amending',
      picker: (endpoints) => ({ pick: () => endpoints[0] }),
      amend: (_attempt, reply) => ({ ...reply, headers: headers as never }),
    }))
    const faults: string[] = []
    const net = mesh({ clock, transport: scriptedTransport({ body: 'ok', headers: { 'x-a': 'b' } }) })
      .service('orders', (s) => s.resolve(fixed(['http://10.0.0.1:80'])).balance(amending))
      .build()
    net.on('part-threw', ({ part, error }) => faults.push(`${part}: ${error}`))
    const response = await clock.until(net.fetch('http://orders/'))
    assert.equal(response.headers.get('x-a'), 'b')
    assert.equal(await clock.until(response.text()), 'ok')
    assert.equal(faults.length, 1)
    assert.match(faults[0] as string, /^balancer amending: TypeError: expected an outcome with a reply/)
    await clock.until(net.close())
  }
})
