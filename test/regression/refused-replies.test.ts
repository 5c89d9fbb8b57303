import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, mesh, meshInfo, printRecord } from '../../src/index.ts'
import { scriptedTransport } from '../../src/testing/index.ts'

const cases: readonly (readonly [what: string, path: string, init: RequestInit, code: string, redirects: number])[] = [
  ['a redirect that the caller wants to be an error', '/moved', { redirect: 'error' }, 'BAD_REPLY', 0],
  ['one redirect too many', '/round', {}, 'BAD_REPLY', 20],
  ['a redirect to a host that nobody may call', '/away', {}, 'UNKNOWN_SERVICE', 0],
  ['a reply that is not what the caller vouches for', '/', { integrity: 'sha256-AAAA' }, 'BAD_REPLY', 0],
  ['a proxy that wants a password', '/proxy', {}, 'BAD_REPLY', 0],
]

for (const [what, path, init, code, redirects] of cases) {
  test(`${what} is an error that leads to the record of its call`, async () => {
    const transport = scriptedTransport((attempt) => {
      const to = { '/moved': '/', '/round': '/round', '/away': 'http://elsewhere/' }[attempt.path]
      if (to !== undefined) return { status: 302, headers: { location: to } }
      return { status: attempt.path === '/proxy' ? 407 : 200, body: 'ok' }
    })
    await using net = mesh({ transport, outbound: 'registered-only' })
      .service('orders', (s) => s.resolve(fixed(['http://10.0.0.1:8080'])))
      .build()
    const error = await net.fetch(`http://orders${path}`, init).then(
      () => assert.fail('it was refused'),
      (thrown: unknown) => thrown,
    )
    const info = meshInfo(error) ?? assert.fail('there is a record')
    assert.deepEqual([info.service, info.path, info.result, info.error?.code], ['orders', path, 'failed', code])
    assert.equal(info.attempts.length, 1)
    assert.equal(info.redirects, redirects)
    assert.match(printRecord(info), new RegExp(`^orders: GET ${path} -> failed ${code}`))
  })
}
