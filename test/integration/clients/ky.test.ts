import assert from 'node:assert/strict'
import { test } from 'node:test'
import ky, { HTTPError } from 'ky'
import { MeshError } from '../../../src/index.ts'
import { dyingPair } from './dying-pair.ts'

test('ky calls through the mesh, and an endpoint that dies costs no call', async (t) => {
  const { net, whileOneDies } = await dyingPair(t, async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    const { method, url, headers } = request
    response.setHeader('content-type', 'application/json')
    if (url === '/v1/missing') response.writeHead(404)
    response.end(JSON.stringify({ method, url, type: headers['content-type'], body }))
  })
  let seen = 0
  const client = ky.create({
    baseUrl: 'http://orders/v1/',
    fetch: net.fetch,
    retry: 0,
    hooks: {
      beforeRequest: [({ request }) => request.headers.set('x-hook', '1')],
      afterResponse: [
        async ({ response }) => {
          seen += (await response.clone().text()).length
        },
      ],
    },
  })
  const replies = await whileOneDies((i) =>
    i % 2 === 0
      ? client.get(`${i}`).json<{ url: string; body: string }>()
      : client.put(`${i}`, { json: { id: i } }).json<{ url: string; body: string }>(),
  )
  for (const reply of replies) {
    assert.match(reply.url, /^\/v1\/\d+$/)
    if (reply.body !== '') assert.equal(`/v1/${JSON.parse(reply.body).id}`, reply.url)
  }
  assert.ok(seen > 0)

  // Options of the mesh pass through: this call has no time.
  const form = new FormData()
  form.append('file', new File(['content'], 'name.txt'))
  const posted = await client.post('form', { body: form }).json<{ type: string; body: string }>()
  assert.match(posted.type, /^multipart\/form-data/)
  assert.match(posted.body, /content/)
  const late = await client.get('late', { mesh: { deadline: 0 } } as object).catch((reason: unknown) => reason)
  assert.equal(MeshError.from(late)?.code, 'DEADLINE_EXCEEDED')

  const error = await client.get('missing').catch((reason: unknown) => reason)
  assert.ok(error instanceof HTTPError)
  assert.equal(error.response.status, 404)
  await assert.rejects(client.get('x', { signal: AbortSignal.abort('left') }), (reason: unknown) => reason === 'left')

  const percents: number[] = []
  await client.get('progress', { onDownloadProgress: ({ percent }) => void percents.push(percent) }).text()
  assert.equal(percents.at(-1), 1)
})
