/** Redirects beside the built-in fetch, and what the mesh adds: a redirect to a service is balanced, any other obeys the outbound rule. */
import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { type TestContext, test } from 'node:test'
import { fixed, MeshError, type MeshOptions, mesh, roundRobin } from '../../../src/index.ts'
import { httpServer } from '../transport/wire.ts'
import { comesToTheSame, described, seen } from './compare.ts'

/** Redirects as the query says, and otherwise answers with what came. */
const listener: RequestListener = async (request, response) => {
  const { searchParams } = new URL(request.url ?? '/', 'http://server')
  const status = searchParams.get('status')
  const body = Buffer.concat(await request.toArray()).toString()
  if (status === null) {
    const { method, url, headers } = request
    delete headers.host
    response.end(JSON.stringify({ method, url, headers, body }))
    return
  }
  for (const [name, value] of searchParams) if (name !== 'status') response.setHeader(name, value)
  response.writeHead(Number(status)).end('moved')
}

async function twoServers(t: TestContext): Promise<[string, string]> {
  return [(await httpServer(t, listener)).url, (await httpServer(t, listener)).url]
}

function redirecting(base: string, status: number, location: string, more: Record<string, string> = {}): string {
  return `${base}/?${new URLSearchParams({ status: String(status), location, ...more })}`
}

const headers = {
  'content-type': 'a/b',
  'content-language': 'q',
  'content-location': 'z',
  'content-encoding': 'e',
  authorization: 'A',
  cookie: 'C',
  'proxy-authorization': 'P',
  'x-mine': 'kept',
  origin: 'o',
}

for (const status of [301, 302, 303, 304, 307, 308]) {
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE']) {
    comesToTheSame(`${status} of a ${method}, to the same origin and to another`, async (fetch, t) => {
      const [base, other] = await twoServers(t)
      const body = method === 'POST' || method === 'PUT' ? 'xyz' : null
      const here = await fetch(redirecting(base, status, '/there'), { method, body, headers })
      const away = await fetch(redirecting(base, status, `${other}/there`), { method, body, headers })
      const same = [await described(here), await described(away)]
      return JSON.parse(JSON.stringify(same).replaceAll(new URL(base).port, 'BASE').replaceAll(new URL(other).port, 'OTHER'))
    })
  }
}

for (const location of [
  '/x#mine',
  '',
  '#x',
  '?a=b',
  '//',
  'http://',
  'ftp://x/',
  'data:,x',
  'about:blank',
  'mailto:x',
  'http://a:b@127.0.0.1/',
]) {
  comesToTheSame(`a redirect to ${JSON.stringify(location)}`, async (fetch, t) => {
    const [base] = await twoServers(t)
    const all: unknown[] = []
    for (const redirect of ['follow', 'manual', 'error'] as const) {
      all.push(await fetch(redirecting(base, 302, location), { redirect }).then(described, seen))
    }
    return JSON.parse(JSON.stringify(all).replaceAll(new URL(base).port, 'BASE'))
  })
}

comesToTheSame('redirects of streams, blobs and Requests', async (fetch, t) => {
  const [base] = await twoServers(t)
  const all: unknown[] = []
  for (const status of [302, 303, 307]) {
    const url = redirecting(base, status, '/there')
    const stream = { method: 'POST', body: new Blob(['abc']).stream(), duplex: 'half' } as RequestInit
    all.push(await fetch(url, stream).then((response) => response.text(), seen))
    all.push(await (await fetch(url, { method: 'POST', body: new Blob(['abc']) })).text())
    all.push(await (await fetch(new Request(url, { method: 'POST', body: 'abc' }))).text())
  }
  return all
})

comesToTheSame('a redirect that says what may be told of the referrer', async (fetch, t) => {
  const [base] = await twoServers(t)
  const referrer = 'http://elsewhere.test/a/b'
  const response = await fetch(redirecting(base, 302, '/there', { 'referrer-policy': 'unsafe-url' }), { referrer })
  return response.text()
})

comesToTheSame('a redirect away in the mode same-origin', async (fetch, t) => {
  const [base, other] = await twoServers(t)
  return fetch(redirecting(base, 302, other), { mode: 'same-origin' })
})

async function orders(t: TestContext, options: Partial<MeshOptions> = {}) {
  const names: string[] = []
  const servers = ['a', 'b'].map((name) =>
    httpServer(t, (request, response) => {
      names.push(name)
      return listener(request, response)
    }),
  )
  const urls = (await Promise.all(servers)).map(({ url }) => url)
  const net = mesh({ name: 'shop', ...options })
    .service('orders', (s) => s.resolve(fixed(urls)).balance(roundRobin()))
    .service('billing', (s) => s.resolve(fixed(urls)).balance(roundRobin()))
    .build()
  t.after(() => net.close({ grace: 0 }))
  return { net, names, urls }
}

test('a redirect to a service is balanced again, whoever redirected', async (t) => {
  const { net, names } = await orders(t)
  const [outside] = await twoServers(t)
  for (let i = 0; i < 4; i += 1) {
    const response = await net.fetch(redirecting('http://orders', 307, 'http://orders/v2'), { method: 'POST', body: 'kept' })
    const echo = (await response.json()) as { body: string }
    assert.deepEqual([response.url, response.redirected, response.type, echo.body], ['http://orders/v2', true, 'basic', 'kept'])
  }
  // Two calls a fetch, in turn: with an even number of them, one endpoint redirects and the other answers.
  assert.deepEqual([names.filter((name) => name === 'a').length, names.filter((name) => name === 'b').length], [4, 4])
  const entering = await net.fetch(redirecting(outside, 302, 'http://orders/v3'))
  assert.deepEqual([entering.url, entering.type, ((await entering.json()) as { url: string }).url], ['http://orders/v3', 'cors', '/v3'])
  const relative = await net.service('orders').fetch('/?status=302&location=/v4')
  assert.equal(relative.url, 'http://orders/v4')
})

test('credentials stay behind when a redirect leads to another service, out of the mesh, or into it', async (t) => {
  const { net } = await orders(t)
  const [outside] = await twoServers(t)
  for (const [from, to, stays] of [
    ['http://orders', 'http://orders/x', true],
    ['http://orders', 'http://billing/x', false],
    ['http://orders', `${outside}/x`, false],
    [outside, 'http://orders/x', false],
  ] as const) {
    const response = await net.fetch(redirecting(from, 302, to), { headers: { authorization: 'A', cookie: 'C', 'x-mine': 'M' } })
    const sent = ((await response.json()) as { headers: Record<string, string> }).headers
    assert.deepEqual([sent.authorization, sent.cookie, sent['x-mine']], stays ? ['A', 'C', 'M'] : [undefined, undefined, 'M'])
  }
})

test('a redirect out of the mesh obeys the outbound rule', async (t) => {
  const { net, urls } = await orders(t, { outbound: 'registered-only' })
  assert.equal((await net.fetch(redirecting('http://orders', 302, 'http://billing/x'))).status, 200)
  await assert.rejects(net.fetch(redirecting('http://orders', 302, urls[0] ?? '')), (error: Error) => {
    return error instanceof TypeError && error.message === 'fetch failed' && MeshError.from(error)?.code === 'UNKNOWN_SERVICE'
  })
})
