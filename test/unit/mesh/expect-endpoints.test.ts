import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Balancer, type Endpoint, fixed, maglev, mesh, type Part, type PickQuery, part } from '../../../src/index.ts'
import { fakeClock, scriptedTransport } from '../../../src/testing/index.ts'

const addresses = (count: number) => Array.from({ length: count }, (_, i) => `http://10.0.0.${i + 1}:80`)

/** A balancer that notes what it hears. */
function listening(heard: string[], name: string): Part<Balancer> {
  const note = (endpoints: readonly Endpoint[]) => heard.push(`${name}: ${endpoints.map(({ address }) => address.slice(7)).join(' ')}`)
  return part<Balancer>(name, {}, () => ({
    name,
    expect: note,
    picker: (endpoints) => ({
      pick: ({ call }: PickQuery) => {
        heard.push(`${name} picks for ${call.path}`)
        return endpoints[0]
      },
    }),
  }))
}

test('a balancer hears of the endpoints before the first call, of changes, and of those that a new plan finds', async () => {
  const clock = fakeClock()
  const heard: string[] = []
  let change = () => {}
  const changed = new Promise<void>((resolve) => {
    change = resolve
  })
  // The same function each time: the plan keeps its resolver.
  const resolve = async function* () {
    yield addresses(1)
    await changed
    yield addresses(2)
  }
  const draft = (name: string) =>
    mesh({ clock, transport: scriptedTransport({ body: 'ok' }) }).service('orders', (s) =>
      s.resolve(resolve).balance(listening(heard, name)),
    )
  const net = draft('first').build()
  await clock.settle()
  assert.deepEqual(heard, ['first: 10.0.0.1:80'])
  change()
  await clock.settle()
  assert.deepEqual(heard.splice(0), ['first: 10.0.0.1:80', 'first: 10.0.0.1:80 10.0.0.2:80'])
  net.apply(draft('second').plan())
  assert.deepEqual(heard.splice(0), ['second: 10.0.0.1:80 10.0.0.2:80'])
  await clock.until(net.fetch('http://orders/1').then((response) => response.text()))
  assert.deepEqual(heard, ['second picks for /1'])
  await net.close({ grace: 0 })
})

test('a balancer that throws at the endpoints it is told of serves all the same', async () => {
  const clock = fakeClock()
  const broken = part<Balancer>('broken', {}, () => ({
    name: 'broken',
    expect() {
      throw new Error('not now')
    },
    picker: (endpoints) => ({ pick: () => endpoints[0] }),
  }))
  const net = mesh({ clock, transport: scriptedTransport({ body: 'ok' }) })
    .service('orders', (s) => s.resolve(fixed(addresses(2))).balance(broken))
    .build()
  const response = await clock.until(net.fetch('http://orders/1'))
  assert.equal(await clock.until(response.text()), 'ok')
  await net.close({ grace: 0 })
})

test('the table of a hash is there before the first call, and no timer is left', async () => {
  const clock = fakeClock()
  const net = mesh({ clock, transport: scriptedTransport({ body: 'ok' }) })
    .service('orders', (s) => s.resolve(fixed(addresses(200))).balance(maglev({ hashOn: 'path' })))
    .build()
  assert.equal(clock.pendingForeground, 0)
  while (clock.pending > 0) await clock.advance(1)
  const response = await clock.until(net.fetch('http://orders/1'))
  await clock.until(response.text())
  assert.equal(net.snapshot().services.orders?.balancing.tables, 1)
  await net.close({ grace: 0 })
  clock.assertIdle()
})
