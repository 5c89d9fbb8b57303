import assert from 'node:assert/strict'
import { test } from 'node:test'
import createClient from 'openapi-fetch'
import { dyingPair } from './dying-pair.ts'

interface Order {
  readonly id: string
  readonly note?: string
}

/** What a generator makes of a description of the service. */
interface paths {
  '/v1/orders/{id}': {
    parameters: { path: { id: string } }
    get: {
      parameters: { path: { id: string }; query?: { expand?: string[] } }
      responses: {
        200: { content: { 'application/json': Order } }
        404: { content: { 'application/json': { problem: string } } }
      }
    }
    put: {
      parameters: { path: { id: string } }
      requestBody: { content: { 'application/json': { note: string } } }
      responses: { 200: { content: { 'application/json': Order } } }
    }
  }
}

test('openapi-fetch calls through the mesh, and an endpoint that dies costs no call', async (t) => {
  const { net, whileOneDies } = await dyingPair(t, async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://server')
    const id = pathname.split('/').at(-1)
    const body = Buffer.concat(await request.toArray()).toString()
    response.setHeader('content-type', 'application/json')
    if (id === 'missing') response.writeHead(404).end(JSON.stringify({ problem: 'no such order' }))
    else response.end(JSON.stringify({ id, ...(body === '' ? {} : JSON.parse(body)) }))
  })
  const client = createClient<paths>({ baseUrl: 'http://orders', fetch: net.fetch })
  let passed = 0
  client.use({
    onRequest: ({ request }) => {
      request.headers.set('x-middleware', '1')
      return request
    },
    onResponse: ({ response }) => {
      passed += 1
      return new Response(response.body, response)
    },
  })
  const replies = await whileOneDies(async (i) => {
    const params = { path: { id: `${i}` } }
    return i % 2 === 0
      ? client.GET('/v1/orders/{id}', { params: { ...params, query: { expand: ['items', 'notes'] } } })
      : client.PUT('/v1/orders/{id}', { params, body: { note: `of ${i}` } })
  })
  for (const { data, error } of replies) {
    assert.equal(error, undefined)
    if (data?.note !== undefined) assert.equal(data.note, `of ${data.id}`)
  }
  assert.equal(passed, replies.length)
  const missing = await client.GET('/v1/orders/{id}', { params: { path: { id: 'missing' } } })
  assert.deepEqual([missing.response.status, missing.error?.problem], [404, 'no such order'])
})
