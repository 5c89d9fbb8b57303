import assert from 'node:assert/strict'
import { test } from 'node:test'
import axios, { AxiosError } from 'axios'
import { dyingPair } from './dying-pair.ts'

test("axios' fetch adapter calls through the mesh, and an endpoint that dies costs no call", async (t) => {
  const { net, whileOneDies } = await dyingPair(t, async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    const { method, url, headers } = request
    response.setHeader('content-type', 'application/json')
    if (url === '/v1/missing') response.writeHead(404)
    response.end(JSON.stringify({ method, url, type: headers['content-type'], body }))
  })
  const client = axios.create({
    adapter: 'fetch',
    baseURL: 'http://orders/v1/',
    // Its types know another Response than ours.
    env: { fetch: net.fetch, Request, Response: Response as never },
  })
  const replies = await whileOneDies(async (i) => {
    const { data } = i % 2 === 0 ? await client.get(`${i}`, { params: { a: i } }) : await client.put(`${i}`, { id: i })
    return data as { method: string; url: string; body: string }
  })
  for (const { method, url, body } of replies) assert.match(method === 'GET' ? url : `${url}${body}`, /^\/v1\/(\d+)(\?a=\1|\{"id":\1\})$/)

  const missing = await client.get('missing').catch((reason: unknown) => reason)
  assert.ok(missing instanceof AxiosError)
  assert.deepEqual([missing.response?.status, missing.response?.data.url], [404, '/v1/missing'])
  const form = new FormData()
  form.append('file', new File(['content'], 'name.txt'))
  const posted = await client.post('form', form)
  assert.match(posted.data.body, /content/)
  const bytes = await client.get('bytes', { responseType: 'arraybuffer' })
  assert.match(Buffer.from(bytes.data).toString(), /"url":"\/v1\/bytes"/)
  const stream = await client.get('stream', { responseType: 'stream' })
  assert.match(await new Response(stream.data).text(), /"url":"\/v1\/stream"/)
  let loaded = 0
  await client.get('progress', {
    onDownloadProgress: (event) => {
      loaded = event.loaded
    },
  })
  assert.ok(loaded > 0)
  const leaving = await client.get('x', { signal: AbortSignal.abort() }).catch((reason: unknown) => reason)
  assert.ok(axios.isCancel(leaving))
})
