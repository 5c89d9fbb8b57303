import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, MeshError, mesh, meshInfo } from '../../src/index.ts'
import { httpServer } from '../integration/transport/wire.ts'

const readers: Readonly<Record<string, (response: Response) => Promise<unknown>>> = {
  text: (response) => response.text(),
  json: (response) => response.json(),
  body: async (response) => response.body?.getReader().read(),
  'the text of a clone': (response) => response.clone().text(),
}

for (const [how, read] of Object.entries(readers)) {
  test(`a body that is no gzip, though its header says so, leads from the error of ${how} to the record of its call`, async (t) => {
    const { url } = await httpServer(t, (_request, response) => {
      response.setHeader('content-encoding', 'gzip')
      response.end('this is not gzip')
    })
    await using net = mesh({ name: 'broken' })
      .service('orders', (s) => s.resolve(fixed([url])))
      .build()
    const response = await net.fetch('http://orders/v1/42')
    const error = await read(response).then(
      () => assert.fail('it can be read'),
      (thrown: unknown) => thrown,
    )
    assert.ok(error instanceof TypeError && error.message === 'terminated')
    const cause = MeshError.from(error)
    assert.deepEqual([cause?.code, cause?.facts], ['BAD_REPLY', { service: 'orders', endpoint: url, sent: true }])
    assert.match(cause?.message ?? '', /^orders: the reply's body cannot be decoded \(content-encoding: gzip\): incorrect header check$/)
    assert.equal((cause?.cause as NodeJS.ErrnoException | undefined)?.code, 'Z_DATA_ERROR')
    const info = meshInfo(error)
    assert.deepEqual(
      [info?.result, info?.error?.code, info?.endpoint, info?.attempts.map(({ result }) => result)],
      ['failed', 'BAD_REPLY', url, [200]],
    )
    // Nothing is wrong with the head.
    assert.equal(meshInfo(response)?.status, 200)
  })
}

test('a compressed body that breaks on its way fails with what broke it, and not with its coding', async (t) => {
  const { url } = await httpServer(t, (_request, response) => {
    response.setHeader('content-encoding', 'gzip')
    response.write(Buffer.from([0x1f, 0x8b, 8]))
    setImmediate(() => response.destroy())
  })
  await using net = mesh({ name: 'broken' })
    .service('orders', (s) => s.resolve(fixed([url])))
    .build()
  for (const read of [readers.text, readers.body]) {
    const response = await net.fetch('http://orders/v1/42')
    const error = await (read as (response: Response) => Promise<unknown>)(response).then(
      () => assert.fail('it can be read'),
      (thrown: unknown) => thrown,
    )
    assert.equal(MeshError.from(error)?.code, 'CONNECTION_LOST')
    assert.equal(meshInfo(error)?.error?.code, 'CONNECTION_LOST')
  }
})
