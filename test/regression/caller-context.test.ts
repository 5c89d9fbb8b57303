import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { fixed, mesh } from '../../src/index.ts'

const storage = new AsyncLocalStorage<string>()

const server = createServer((request, response) => {
  if (request.url === '/hang') return
  response.statusCode = request.url === '/bad' ? 503 : 200
  response.end('hello')
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
after(() => {
  server.closeAllConnections()
  server.close()
})
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

// Attempts share connections, and layers share promises: a call must see neither the context of whoever opened a socket nor that of another call.
test('code of the program runs in the context of the call that it is asked about', async () => {
  const seen: Record<string, Set<string | undefined>> = {}
  const see = (what: string, path: string) => {
    const store = storage.getStore()
    assert.equal(store, path, what)
    seen[what] ??= new Set()
    seen[what].add(store)
  }
  await using net = mesh()
    .service('orders', (s) =>
      s
        .resolve(fixed([url]))
        .retry({ attempts: 2, backoff: { base: 1, max: 1 } })
        .classify((outcome, attempt) => {
          see('classifier', attempt.call.path)
          if (outcome.ok && outcome.reply.status === 503) return { kind: 'failure', retry: 'if-idempotent' }
          return outcome.ok ? { kind: 'success' } : { kind: 'ignored' }
        }),
    )
    .service('guarded', (s) =>
      s.resolve(fixed([url])).use({
        name: 'another context',
        scope: 'call',
        layer: () => (next) => async (call) => {
          const outcome = await storage.run('inside', () => next(call))
          see('policy', call.path)
          return outcome
        },
      }),
    )
    .build()
  const call = (service: string, path: string) =>
    storage.run(path, async () => {
      const response = await net.fetch(`http://${service}${path}`)
      see('after the head', path)
      const text = await response.text()
      see('after the body', path)
      return text
    })
  const paths = Array.from({ length: 20 }, (_, i) => `/${i}`)
  await Promise.all([...paths.map((path) => call('orders', path)), call('orders', '/bad'), ...paths.map((path) => call('guarded', path))])
  await Promise.all(paths.map((path) => call('orders', path)))
  assert.equal(seen.classifier?.size, 21)
  assert.equal(seen.policy?.size, 20)
  assert.equal(seen['after the body']?.size, 21)
})

test('a deadline that passes is told of in the context of the caller', async () => {
  await using net = mesh()
    .service('orders', (s) => s.resolve(fixed([url])))
    .build()
  const contexts = await Promise.all(
    ['a', 'b'].map((name) =>
      storage.run(name, () =>
        net.fetch('http://orders/hang', { mesh: { deadline: 20 } }).then(
          () => 'answered',
          () => storage.getStore(),
        ),
      ),
    ),
  )
  assert.deepEqual(contexts, ['a', 'b'])
})
