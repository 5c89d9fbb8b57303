// An endpoint of which nothing was known lost every comparison with faster ones, for seconds.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mesh } from '../../src/index.ts'
import { fakeClock, scriptedTransport } from '../../src/testing/index.ts'

const url = (i: number) => `http://10.0.0.${i + 1}:80`

test('by default, every endpoint gets calls from the beginning, and one that joins gets its first call soon', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport(({ endpoint }) => ({ body: endpoint.address, delayMs: 0.5 }))
  let add = () => {}
  const added = new Promise<void>((resolve) => {
    add = resolve
  })
  const net = mesh({ clock, transport })
    .service('orders', (s) =>
      s.resolve(async function* () {
        yield [0, 1, 2, 3, 4].map(url)
        await added
        yield [0, 1, 2, 3, 4, 5].map(url)
      }),
    )
    .build()
  const shares = async (calls: number) => {
    const found = new Map<string, number>()
    for (let i = 0; i < calls; i += 1) {
      const address = await clock.until(net.fetch('http://orders/').then((response) => response.text()))
      found.set(address, (found.get(address) ?? 0) + 1)
    }
    return found
  }
  const first = await shares(300)
  for (let i = 0; i < 5; i += 1) assert.ok((first.get(url(i)) ?? 0) > 30, `${url(i)} of ${JSON.stringify([...first])}`)
  add()
  await clock.settle()
  const second = await shares(30)
  assert.ok((second.get(url(5)) ?? 0) > 0, JSON.stringify([...second]))
  await net.close({ grace: 0 })
})
