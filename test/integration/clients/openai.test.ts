import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI, { toFile } from 'openai'
import { dyingPair } from './dying-pair.ts'

const words = ['Calls', ' go', ' on', '.']

function chunk(content: string): string {
  const choices = [{ index: 0, delta: { content }, finish_reason: null }]
  return `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'fake', choices })}\n\n`
}

test('the OpenAI SDK streams through the mesh, and an endpoint that dies costs no call', async (t) => {
  const { net, whileOneDies } = await dyingPair(t, async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    if (request.url === '/v1/files') {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ id: 'f1', object: 'file', bytes: body.length }))
      return
    }
    if (body.includes('too many')) {
      response.writeHead(429, { 'content-type': 'application/json' }).end('{"error":{"message":"slow down"}}')
      return
    }
    if (!JSON.parse(body).stream) {
      const choices = [{ index: 0, message: { role: 'assistant', content: words.join('') }, finish_reason: 'stop' }]
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ id: 'c1', object: 'chat.completion', choices }))
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const word of words) {
      response.write(chunk(word))
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    response.end('data: [DONE]\n\n')
  })
  const client = new OpenAI({
    apiKey: 'none',
    baseURL: 'http://orders/v1',
    maxRetries: 0,
    fetch: net.fetch,
    // A completion changes nothing on the server: it may be asked for again.
    fetchOptions: { mesh: { idempotent: true } } as object,
  })
  const ask = (content: string) => ({ model: 'fake', messages: [{ role: 'user' as const, content }] })
  const replies = await whileOneDies(async (i) => {
    if (i % 4 === 0) return (await client.chat.completions.create(ask('hello'))).choices[0]?.message.content
    let text = ''
    for await (const event of await client.chat.completions.create({ ...ask('hello'), stream: true }))
      text += event.choices[0]?.delta.content ?? ''
    return text
  })
  assert.deepEqual([...new Set(replies)], [words.join('')])

  await assert.rejects(client.chat.completions.create(ask('too many')), OpenAI.RateLimitError)
  const file = await client.files.create({ purpose: 'batch', file: await toFile(Buffer.from('content'), 'name.jsonl') })
  assert.equal(file.id, 'f1')

  // A caller that has enough leaves in the middle.
  const stream = await client.chat.completions.create({ ...ask('hello'), stream: true })
  for await (const _ of stream) break
  assert.equal(stream.controller.signal.aborted, true)
})
