import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { Jaeger, needJaeger } from '../../servers/jaeger.ts'
import { until } from '../../servers/server-kit.ts'
import { needZipkin, Zipkin } from '../../servers/zipkin.ts'

/** A service that runs. */
interface Service {
  readonly url: string
  readonly process: ChildProcess
}

async function startService(t: TestContext, ...args: string[]): Promise<Service> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'traced-shop.ts'), ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const [url] = (await once(createInterface(child.stdout as NodeJS.ReadableStream & { readable: true }), 'line')) as [string]
  return { url, process: child }
}

/** Ends a service as an orchestrator does; its spans are sent by then. */
async function terminate({ process: child }: Service): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  assert.deepEqual(await exited, [null, 'SIGTERM'])
}

/** Two calls across two processes, of which the second is repeated. @returns the ids of their traces. */
async function twoCalls(
  t: TestContext,
  line: string,
  exporter: string,
  url: string,
  sample: number,
): Promise<[good: string, repeated: string]> {
  const orders = await startService(t, 'orders', line, exporter, url, String(sample))
  const checkout = await startService(t, 'checkout', line, exporter, url, String(sample), orders.url)
  const ids: string[] = []
  for (let i = 0; i < 2; i += 1) {
    const response = await fetch(checkout.url)
    assert.equal(await response.text(), 'order 42')
    ids.push(response.headers.get('x-trace-id') ?? '')
  }
  await terminate(checkout)
  await terminate(orders)
  return ids as [string, string]
}

/** A span, as far as the two collectors tell the same of it. */
interface Told {
  readonly id: string
  readonly parent: string | undefined
  readonly service: string
  readonly name: string
}

/** One line for each span: who its parent is, and what it is. */
function picture(spans: readonly Told[]): string[] {
  const title = ({ service, name }: Told) => `${service}: ${name}`
  const ids = spans.map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length, 'a span is there twice')
  return spans
    .map((span) => {
      const parent = spans.find(({ id }) => id === span.parent)
      assert.ok(span.parent === undefined || parent !== undefined, `the parent of ${title(span)} is missing`)
      return `${parent === undefined ? '-' : title(parent)} > ${title(span)}`
    })
    .sort()
}

const repeatedCall = [
  '- > checkout: SERVER get',
  'checkout: CLIENT get 200 > orders: SERVER get',
  'checkout: CLIENT get 503 > orders: SERVER get',
  'checkout: SERVER get > checkout: CLIENT get 503',
  'checkout: SERVER get > checkout: call orders',
  'checkout: call orders > checkout: CLIENT get 200',
].sort()

function titleOf(kind: string, name: string, status: unknown): string {
  if (kind === 'SERVER') return `SERVER ${name.toLowerCase()}`
  return kind === 'CLIENT' ? `CLIENT ${name.toLowerCase()} ${status}` : name
}

for (const line of ['SDK 2', 'SDK 3']) {
  test(`${line}: Zipkin shows a call repeated across two processes as one trace: one root, right parents, no doubles`, async (t) => {
    const program = needZipkin(t)
    if (program === undefined) return
    const zipkin = await Zipkin.start(program)
    t.after(() => zipkin.stop())
    const told = async (traceId: string): Promise<Told[]> =>
      (await zipkin.trace(traceId)).map(({ id, parentId, kind = '', name, tags, localEndpoint }) => ({
        id,
        parent: parentId,
        service: localEndpoint?.serviceName ?? '',
        name: titleOf(kind, name, tags?.['http.response.status_code']),
      }))
    for (const sample of [1, 0]) {
      const [good, repeated] = await twoCalls(t, line, 'zipkin', zipkin.url, sample)
      await until('Zipkin knows the trace', async () => (await told(repeated)).length >= repeatedCall.length, 60_000)
      assert.deepEqual(picture(await told(repeated)), repeatedCall, `sample: ${sample}`)
      if (sample === 1) await until('it knows the other trace, too', async () => (await told(good)).length === 3)
      else assert.equal((await told(good)).length, 0)
    }
  })

  test(`${line}: Jaeger shows a call repeated across two processes as one trace: one root, right parents, no doubles`, async (t) => {
    const program = needJaeger(t)
    if (program === undefined) return
    const jaeger = await Jaeger.start(program)
    t.after(() => jaeger.stop())
    const told = async (traceId: string): Promise<Told[]> => {
      const { spans = [], processes = {} } = (await jaeger.trace(traceId)) ?? {}
      return spans.map(({ spanID, references, operationName, processID, tags }) => {
        const tag = (key: string) => tags.find((each) => each.key === key)?.value
        const parents = references.filter(({ refType }) => refType === 'CHILD_OF')
        assert.ok(parents.length <= 1, 'a span has one parent')
        return {
          id: spanID,
          parent: parents[0]?.spanID,
          service: processes[processID]?.serviceName ?? '',
          name: titleOf(String(tag('span.kind') ?? '').toUpperCase(), operationName, tag('http.response.status_code')),
        }
      })
    }
    for (const sample of [1, 0]) {
      const [good, repeated] = await twoCalls(t, line, 'otlp', jaeger.otlpUrl, sample)
      await until('Jaeger knows the trace', async () => (await told(repeated)).length >= repeatedCall.length, 60_000)
      assert.deepEqual(picture(await told(repeated)), repeatedCall, `sample: ${sample}`)
      if (sample === 1) await until('it knows the other trace, too', async () => (await told(good)).length === 3)
      else assert.equal((await told(good)).length, 0)
    }
  })
}
