import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, mesh, rendezvous } from '../../../src/index.ts'
import { fakeClock, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'

const endpoints = Array.from({ length: 8 }, (_, index) => `http://10.0.0.${index + 1}:80`)

function build(clock = fakeClock()) {
  const attempts: string[] = []
  const transport = scriptedTransport(({ endpoint }) => {
    attempts.push(endpoint.address)
    return { body: endpoint.address }
  })
  const net = mesh({ clock, random: seededRandom('key'), transport })
    .service('carts', (s) => s.resolve(fixed(endpoints)).balance(rendezvous({ hashOn: { header: 'x-user' } })))
    .build()
  return { clock, net, attempts }
}

test('calls with one key go to one endpoint, by every door, whatever their headers say', async () => {
  const { clock, net, attempts } = build()
  for (const key of ['a', 'b', 'c', 'd']) {
    attempts.length = 0
    for (let i = 0; i < 4; i += 1) {
      const headers = { 'x-user': String(i) }
      await clock.until(net.fetch(`http://carts/${i}`, { headers, mesh: { hashKey: key } }))
      await clock.until(net.service('carts').fetch(`/${i}`, { headers, mesh: { hashKey: key } }))
      await clock.until(net.request(`http://carts/${i}`, { headers, mesh: { hashKey: key } }))
    }
    assert.equal(attempts.length, 12)
    assert.equal(new Set(attempts).size, 1)
  }
  await clock.until(net.close())
})

test('without a key, the header counts, and without either a call goes anywhere', async () => {
  const { clock, net, attempts } = build()
  for (let i = 0; i < 6; i += 1) await clock.until(net.fetch('http://carts/', { headers: { 'x-user': 'ann' } }))
  assert.equal(new Set(attempts).size, 1)
  attempts.length = 0
  for (let i = 0; i < 40; i += 1) await clock.until(net.fetch('http://carts/'))
  assert.ok(new Set(attempts).size > 4)
  await clock.until(net.close())
})

test('a key that is no text, or empty, is told', async () => {
  const { clock, net } = build()
  await assert.rejects(
    net.fetch('http://carts/', { mesh: { hashKey: '' } }),
    /carts: init\.mesh\.hashKey: expected a text that is not empty, got ""/,
  )
  await assert.rejects(net.fetch('http://carts/', { mesh: { hashKey: 7 as never } }), /hashKey: expected a text that is not empty, got 7/)
  await clock.until(net.close())
})
