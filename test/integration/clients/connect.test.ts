import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web'
import { dyingPair } from './dying-pair.ts'
import { Orders } from './shop-service.ts'

async function pairOf(t: TestContext) {
  return dyingPair(
    t,
    connectNodeAdapter({
      routes: (router) => {
        router.service(Orders, {
          find({ id, count }, { responseHeader, responseTrailer }) {
            if (id === 'missing') throw new ConnectError('no such order', Code.NotFound)
            responseHeader.set('x-head', id)
            responseTrailer.set('x-tail', id)
            return { id, count: count * 2 }
          },
          async *watch({ id, count }) {
            for (let i = 1; i <= count; i += 1) {
              yield { id, count: i }
              await new Promise((resolve) => setTimeout(resolve, 1))
            }
            if (id === 'broken') throw new ConnectError('out of orders', Code.DataLoss)
          },
        })
      },
    }),
  )
}

for (const [protocol, makeTransport] of [
  ['connect', createConnectTransport],
  ['gRPC-web', createGrpcWebTransport],
] as const) {
  for (const useBinaryFormat of [true, false]) {
    test(`connect-web speaks ${protocol} in ${useBinaryFormat ? 'binary' : 'JSON'} through the mesh, and an endpoint that dies costs no call`, async (t) => {
      const { repeatableFetch, whileOneDies } = await pairOf(t)
      const client = createClient(Orders, makeTransport({ baseUrl: 'http://orders', useBinaryFormat, fetch: repeatableFetch }))
      const replies = await whileOneDies(async (i) => {
        const got: number[] = []
        if (i % 2 === 0) got.push((await client.find({ id: `${i}`, count: 1 })).count)
        else for await (const { count } of client.watch({ id: `${i}`, count: 3 })) got.push(count)
        return got.join()
      })
      assert.deepEqual([...new Set(replies)].sort(), ['1,2,3', '2'])

      const headers: (string | null)[] = []
      await client.find(
        { id: '7' },
        { onHeader: (head) => void headers.push(head.get('x-head')), onTrailer: (tail) => void headers.push(tail.get('x-tail')) },
      )
      assert.deepEqual(headers, ['7', '7'])
      const codeOf = (reason: unknown) => ConnectError.from(reason).code
      assert.equal(await client.find({ id: 'missing' }).catch(codeOf), Code.NotFound)
      const counts: number[] = []
      const watching = async () => {
        for await (const { count } of client.watch({ id: 'broken', count: 2 })) counts.push(count)
      }
      assert.deepEqual([await watching().catch(codeOf), counts], [Code.DataLoss, [1, 2]])
      const tooLate = async () => {
        for await (const _ of client.watch({ id: 'long', count: 10_000 }, { timeoutMs: 50 }));
      }
      assert.equal(await tooLate().catch(codeOf), Code.DeadlineExceeded)
    })
  }
}
