// Places were drawn in the order of their weights: one endpoint less in one of two zones, and every key went to the other zone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EndpointSpec, mesh, rendezvous } from '../../src/index.ts'
import { fakeClock, scriptedTransport, seededRandom } from '../../src/testing/index.ts'

const keys = 600
const zones = ['a', 'b', 'c']
const specs = Array.from({ length: 12 }, (_, i): EndpointSpec => ({ url: `http://10.0.0.${i + 1}:80`, zone: zones[i % 3] }))

/** A service in three zones of equal weight, and where it sends each key. */
async function openZones() {
  const clock = fakeClock({ turns: 0 })
  let say = (_specs: readonly EndpointSpec[]): void => {}
  async function* watch() {
    let next: readonly EndpointSpec[] = specs
    for (;;) {
      yield next
      next = await new Promise<readonly EndpointSpec[]>((resolve) => {
        say = resolve
      })
    }
  }
  const transport = scriptedTransport(({ endpoint }) => ({ body: endpoint.address }), { record: false })
  const net = mesh({ clock, random: seededRandom('zones'), transport })
    .service('carts', (s) =>
      s
        .resolve(watch)
        .balance(rendezvous({ hashOn: 'key' }))
        .locality({ mode: 'weighted', weights: { a: 1, b: 1, c: 1 } }),
    )
    .build()
  const homes = async (): Promise<string[]> => {
    const found: string[] = []
    for (let key = 0; key < keys; key += 1) {
      const response = await clock.until(net.fetch('http://carts/', { mesh: { hashKey: `key ${key}` } }))
      found.push(await clock.until(response.text()))
    }
    return found
  }
  const answer = async (next: readonly EndpointSpec[]): Promise<void> => {
    say(next)
    await clock.advance(1)
  }
  await clock.advance(1)
  return { net, clock, homes, answer }
}

const movedBetween = (before: readonly string[], after: readonly string[]) => before.filter((home, i) => home !== after[i]).length

test('keys stay where they are when an endpoint of their zone, or of another one, is out, and come back with it', async () => {
  const { net, clock, homes } = await openZones()
  const before = await homes()
  const [first] = specs as [EndpointSpec]
  const owned = before.filter((home) => home === first.url).length
  assert.ok(owned > 20, `${owned} keys`)
  net.service('carts').eject(first.url)
  // Three of four with a factor of 1.4 carry what the zone carried: its weight is what it was.
  assert.equal(movedBetween(before, await homes()), owned)
  net.service('carts').eject('http://10.0.0.4:80')
  // Two of four do not: the zone has 0.7 of its weight, and what it loses is all that moves.
  const after = await homes()
  const lost = before.filter((home, i) => zoneOf(home) === 'a' && zoneOf(after[i] as string) !== 'a').length
  const strayed = before.filter((home, i) => zoneOf(home) !== 'a' && home !== after[i]).length
  assert.equal(strayed, 0)
  assert.ok(lost > 20 && lost < 80, `${lost} of ${keys} keys`)
  net.service('carts').readmit(first.url)
  net.service('carts').readmit('http://10.0.0.4:80')
  assert.equal(movedBetween(before, await homes()), 0)
  await clock.until(net.close())
})

test('a key stays where it is whatever the order in which endpoints are listed, and a zone that goes takes only its own keys along', async () => {
  const { net, clock, homes, answer } = await openZones()
  const before = await homes()
  assert.deepEqual(
    zones.map((zone) => Math.abs(before.filter((home) => zoneOf(home) === zone).length - keys / 3) < 40),
    [true, true, true],
  )
  await answer([...specs].reverse())
  assert.equal(movedBetween(before, await homes()), 0)
  await answer(specs.filter(({ zone }) => zone !== 'a'))
  const after = await homes()
  assert.equal(movedBetween(before, after), before.filter((home) => zoneOf(home) === 'a').length)
  await clock.until(net.close())
})

function zoneOf(address: string): string | undefined {
  return specs.find(({ url }) => url === address)?.zone
}
