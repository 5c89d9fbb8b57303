import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, inbound, inboundRequest, maglev, mesh, rendezvous } from '../../../src/index.ts'
import { fakeClock, scriptedTransport } from '../../../src/testing/index.ts'

const connection = (remoteAddress: string | undefined) => ({ socket: { remoteAddress } })

const requests: readonly (readonly [string, object, string | undefined])[] = [
  ['node:http', { headers: {}, ...connection('192.0.2.7') }, '192.0.2.7'],
  ['node:http over IPv6', { headers: {}, ...connection('2001:db8::7') }, '2001:db8::7'],
  ['an IPv4 client of an IPv6 socket', { headers: {}, ...connection('::ffff:192.0.2.7') }, '192.0.2.7'],
  ['Express and Koa', { req: connection('192.0.2.7') }, '192.0.2.7'],
  ['Fastify', { headers: {}, raw: connection('192.0.2.7') }, '192.0.2.7'],
  ['Hono on Node', { req: { raw: new Request('http://shop/') }, env: { incoming: connection('192.0.2.7') } }, '192.0.2.7'],
  ['a UNIX socket', { headers: {}, ...connection(undefined) }, undefined],
  ['a web request', new Request('http://shop/'), undefined],
]
for (const [what, request, expected] of requests) {
  test(`the address of a client is known by ${what}`, () => {
    assert.equal(inbound((_request: object) => inboundRequest()?.client)(request), expected)
  })
}

test('a program may say where the address of a client is', () => {
  const clientAddress = (request: { headers: Record<string, string> }) => request.headers['x-forwarded-for']?.split(',').at(-1)?.trim()
  const handler = inbound((_request: object) => inboundRequest()?.client, { clientAddress })
  assert.equal(handler({ headers: { 'x-forwarded-for': '10.0.0.1, 192.0.2.9' }, ...connection('10.0.0.2') }), '192.0.2.9')
  assert.equal(handler({ headers: {}, ...connection('10.0.0.2') }), undefined)
  assert.throws(() => inbound({ clientAddress: 'x-forwarded-for' as never }), {
    name: 'TypeError',
    message: 'inbound.clientAddress: expected a function of the request, got "x-forwarded-for"',
  })
})

test('calls for one client go to one endpoint, also their copies, and those for many clients to all', async () => {
  const clock = fakeClock()
  const endpoints = Array.from({ length: 8 }, (_, i) => `http://10.0.0.${i + 1}:80`)
  const chosen: Record<string, string[]> = { carts: [], shadow: [] }
  const transport = scriptedTransport(({ attempt, endpoint }) => {
    chosen[attempt.call.service]?.push(endpoint.address)
    return { body: 'ok' }
  })
  const net = mesh({ clock, transport })
    .service('carts', (s) =>
      s
        .resolve(fixed(endpoints))
        .balance(maglev({ hashOn: 'client' }))
        .mirror({ to: 'shadow' }),
    )
    .service('shadow', (s) => s.resolve(fixed(endpoints)).balance(maglev({ hashOn: 'client' })))
    .build()
  const call = inbound(async (_request: object) => (await net.fetch('http://carts/')).text())
  const ownersOf = async (client: string, times: number) => {
    chosen.carts = []
    chosen.shadow = []
    for (let i = 0; i < times; i += 1) await clock.until(call({ headers: {}, ...connection(client) }))
    await clock.settle()
    return [new Set(chosen.carts), new Set(chosen.shadow)] as const
  }
  const all = new Set<string>()
  for (let i = 1; i <= 60; i += 1) {
    const [carts, shadow] = await ownersOf(`192.0.2.${i}`, 3)
    assert.equal(carts.size, 1)
    assert.deepEqual(shadow, carts)
    for (const owner of carts) all.add(owner)
  }
  assert.equal(all.size, 8)
  chosen.carts = []
  for (let i = 0; i < 60; i += 1) await clock.until(net.fetch('http://carts/').then((response) => response.text()))
  assert.ok(new Set(chosen.carts).size > 4, 'calls for nobody go anywhere')
  await net.close({ grace: 0 })
})

test('an explanation knows for which client a call would be made', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport(({ endpoint }) => ({ body: endpoint.address }))
  const endpoints = Array.from({ length: 8 }, (_, i) => `http://10.0.0.${i + 1}:80`)
  const net = mesh({ clock, transport })
    .service('carts', (s) => s.resolve(fixed(endpoints)).balance(rendezvous({ hashOn: 'client' })))
    .build()
  await clock.settle()
  const look = inbound(async (_request: object) => {
    const [likeliest] = net.explain('http://carts/').endpoints
    return { likeliest, address: await (await net.fetch('http://carts/')).text() }
  })
  for (let i = 0; i < 8; i += 1) {
    const { likeliest, address } = await clock.until(look({ headers: {}, ...connection(`192.0.2.${i}`) }))
    assert.deepEqual([likeliest?.address, likeliest?.chance], [address, 1])
  }
  await clock.until(net.close())
})
