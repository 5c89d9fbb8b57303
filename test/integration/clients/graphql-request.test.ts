import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildSchema, graphql } from 'graphql'
import { ClientError, GraphQLClient, gql } from 'graphql-request'
import { dyingPair } from './dying-pair.ts'

const schema = buildSchema('type Order { id: ID! count: Int! } type Query { order(id: ID!): Order }')
const rootValue = {
  order({ id }: { id: string }) {
    if (id === 'missing') throw new Error('no such order')
    return { id, count: id.length }
  },
}

const query = gql`query ($id: ID!) { order(id: $id) { id count } }`

test('graphql-request calls through the mesh, and an endpoint that dies costs no call', async (t) => {
  const { net, repeatableFetch, whileOneDies } = await dyingPair(t, async (request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://server')
    const body = Buffer.concat(await request.toArray()).toString()
    const asked =
      body === '' ? { query: searchParams.get('query'), variables: JSON.parse(searchParams.get('variables') ?? '{}') } : JSON.parse(body)
    const result = await graphql({ schema, rootValue, source: asked.query, variableValues: asked.variables })
    response.setHeader('content-type', 'application/graphql-response+json').end(JSON.stringify(result))
  })
  // A query by GET is idempotent by its method; one by POST because we say so.
  const byGet = new GraphQLClient('http://orders/graphql', { method: 'GET', fetch: net.fetch })
  const byPost = new GraphQLClient('http://orders/graphql', { fetch: repeatableFetch })
  const replies = await whileOneDies(async (i) => {
    const id = `order ${i}`
    const data = await (i % 2 === 0 ? byGet : byPost).request<{ order: { id: string; count: number } }>(query, { id })
    return data.order.id === id && data.order.count === id.length
  })
  assert.ok(replies.every(Boolean))
  for (const client of [byGet, byPost]) {
    const error = await client.request(query, { id: 'missing' }).catch((reason: unknown) => reason)
    assert.ok(error instanceof ClientError)
    assert.match(error.message, /no such order/)
  }
})
