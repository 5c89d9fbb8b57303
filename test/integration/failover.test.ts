/** What happens when everything at one place dies, on real sockets: which rule acts, and in what order. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { type EndpointSpec, fixed, type Mesh, MeshError, mesh, type ServiceDraft } from '../../src/index.ts'
import { httpServer } from './transport/wire.ts'

interface Instance {
  readonly url: string
  /** Refuses connections from now on, and breaks those that are open. */
  die(): Promise<void>
  /** What it answers with. */
  status: number
  served: number
}

async function instance(t: TestContext): Promise<Instance> {
  const made: Instance = {
    url: '',
    status: 200,
    served: 0,
    die: async () => {
      server.server.close()
      server.server.closeAllConnections()
      await once(server.server, 'close')
    },
  }
  const server = await httpServer(t, (_request, reply) => {
    made.served += 1
    reply.writeHead(made.status).end('ok')
  })
  return Object.assign(made, { url: server.url })
}

async function instances(t: TestContext, count: number): Promise<Instance[]> {
  return Promise.all(Array.from({ length: count }, () => instance(t)))
}

function open(t: TestContext, endpoints: readonly EndpointSpec[], configure: (s: ServiceDraft) => unknown = (s) => s): Mesh {
  const net = mesh()
    .service('orders', (s) => (configure(s as never) as typeof s).resolve(fixed([...endpoints])) as never)
    .build()
  t.after(() => net.close({ grace: 0 }))
  return net as unknown as Mesh
}

/** Makes calls one after the other; answers how many were well. */
async function call(net: Mesh, times: number): Promise<number> {
  let good = 0
  for (let i = 0; i < times; i += 1) {
    const reply = await net.fetch('http://orders/').catch(() => undefined)
    if (reply?.status === 200) good += 1
    await reply?.text()
  }
  return good
}

const forget = (all: readonly Instance[]) => {
  for (const one of all) one.served = 0
}

const served = (all: readonly Instance[]) => all.reduce((sum, { served }) => sum + served, 0)

test('a primary priority that dies: retries reach the other one at once, then health sends calls there directly', async (t) => {
  const [primary, backup] = [await instances(t, 3), await instances(t, 3)]
  const events: string[] = []
  const net = open(t, [...primary.map(({ url }) => ({ url })), ...backup.map(({ url }) => ({ url, priority: 1 }))], (s) =>
    s.circuitBreaker(false),
  )
  net.on('endpoint-ejected', ({ rule }) => events.push(rule))
  assert.equal(await call(net, 30), 30)
  assert.equal(served(backup), 0)
  await Promise.all(primary.map((one) => one.die()))
  assert.equal(await call(net, 60), 60, 'no call is lost: what was never sent is sent elsewhere')
  assert.deepEqual(new Set(events), new Set(['consecutive-local-failures']))
  assert.equal(net.snapshot().services.orders?.endpoints.filter(({ ejection }) => ejection !== undefined).length, 3, 'half of six')
  const attempts = () => net.snapshot().services.orders?.endpoints.reduce((sum, endpoint) => sum + endpoint.attempts, 0) ?? 0
  const before = attempts()
  assert.equal(await call(net, 50), 50)
  assert.equal(attempts() - before, 50, 'nobody tries the dead ones any more')
})

test('a primary priority that answers 500: half is ejected, and calls go to the other one', async (t) => {
  const [primary, backup] = [await instances(t, 2), await instances(t, 2)]
  const net = open(t, [...primary.map(({ url }) => ({ url })), ...backup.map(({ url }) => ({ url, priority: 1 }))], (s) =>
    s.circuitBreaker(false),
  )
  for (const one of primary) one.status = 500
  await call(net, 40)
  forget([...primary, ...backup])
  assert.equal(await call(net, 50), 50)
  assert.equal(served(primary), 0)
})

test('a zone that dies: its calls go to the other zone, and none is lost', async (t) => {
  const [near, far] = [await instances(t, 2), await instances(t, 2)]
  const net = open(t, [...near.map(({ url }) => ({ url, zone: 'a' })), ...far.map(({ url }) => ({ url, zone: 'b' }))], (s) =>
    s.locality({ zone: 'a', mode: 'failover' }),
  )
  assert.equal(await call(net, 30), 30)
  assert.equal(served(far), 0)
  await Promise.all(near.map((one) => one.die()))
  assert.equal(await call(net, 60), 60)
  forget(far)
  assert.equal(await call(net, 20), 20)
  assert.equal(served(far), 20)
})

test('everything answers 500: at most half is ejected, and panic lets all of them serve', async (t) => {
  const all = await instances(t, 4)
  const net = open(
    t,
    all.map(({ url }) => ({ url })),
    (s) => s.circuitBreaker(false).retry(false),
  )
  for (const one of all) one.status = 500
  await call(net, 60)
  assert.equal(net.snapshot().services.orders?.endpoints.filter(({ ejection }) => ejection !== undefined).length, 2)
  for (const one of all) one.status = 200
  assert.equal(await call(net, 40), 40, 'nobody waits for a probe to be served')
})

test('an answer without endpoints: the ones that are known are used on, and with none known the error says so', async (t) => {
  const one = await instance(t)
  let answer: readonly EndpointSpec[] = [{ url: one.url }]
  const net = mesh()
    .service('orders', (s) =>
      s.resolve(async function* (_service, { signal, pause }) {
        while (!signal.aborted) {
          yield { kind: 'endpoints', endpoints: answer }
          await pause(10)
        }
      }),
    )
    .service('nobody', (s) =>
      s.resolve(
        async function* () {
          yield { kind: 'endpoints', endpoints: [] }
        },
        { emptyGuard: false },
      ),
    )
    .build()
  t.after(() => net.close({ grace: 0 }))
  assert.equal(await call(net as unknown as Mesh, 5), 5)
  answer = []
  await new Promise((resolve) => net.on('empty-answer-held', resolve))
  assert.equal(await call(net as unknown as Mesh, 5), 5)
  await assert.rejects(net.fetch('http://nobody/'), (error) => {
    const { code, message } = MeshError.from(error) as MeshError
    return code === 'NO_ENDPOINT' && message.includes('the service has no endpoints at the moment')
  })
})
