import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFetch, FetchError } from 'ofetch'
import { MeshError } from '../../../src/index.ts'
import { dyingPair } from './dying-pair.ts'

test('ofetch calls through the mesh, and an endpoint that dies costs no call', async (t) => {
  const { net, whileOneDies } = await dyingPair(t, async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    response.setHeader('content-type', 'application/json')
    if (request.url === '/v1/missing') response.writeHead(404)
    response.end(JSON.stringify({ method: request.method, url: request.url, body }))
  })
  const client = createFetch({ fetch: net.fetch, Headers, AbortController }).create({
    baseURL: 'http://orders/v1',
    retry: 0,
  })
  const replies = await whileOneDies((i) =>
    client<{ method: string; url: string; body: string }>(
      `/${i}`,
      i % 2 === 0 ? { query: { a: i } } : ({ method: 'POST', body: { id: i }, mesh: { idempotent: true } } as object),
    ),
  )
  for (const { method, url, body } of replies) assert.match(method === 'GET' ? url : `${url}${body}`, /^\/v1\/(\d+)(\?a=\1|\{"id":\1\})$/)

  const missing = await client('/missing').catch((reason: unknown) => reason)
  assert.ok(missing instanceof FetchError)
  assert.deepEqual([missing.status, missing.data.url], [404, '/v1/missing'])
  const late = await client('/late', { mesh: { deadline: 0 } } as object).catch((reason: unknown) => reason)
  assert.ok(late instanceof FetchError)
  assert.equal(MeshError.from(late)?.code, 'DEADLINE_EXCEEDED')
  const blob = await client('/blob', { responseType: 'blob' })
  assert.equal((blob as Blob).type, 'application/json')
  const stream = await client('/stream', { responseType: 'stream' })
  assert.match(await new Response(stream as unknown as ReadableStream).text(), /"url":"\/v1\/stream"/)
})
