import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { fakeClock } from '../../src/testing/index.ts'
import type { ExportResult } from '../../src/tracing/ended-span.ts'
import { limitedExporter } from '../../src/tracing/limited-exporter.ts'

const source = (name: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, '..', '..', 'src', name)).href)

async function collector(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A program that has something to export twice, and then stops tracing. */
async function programThatTraces(exporter: string, url: string): Promise<{ readonly code: unknown; readonly said: string }> {
  const program = `
    import { startTracing } from ${source('tracing/index.ts')}
    import { otelApi, spanKinds } from ${source('telemetry/otel-api.ts')}
    import { activeContext } from ${source('telemetry/trace-context.ts')}
    process.on('unhandledRejection', () => console.log('unhandled'))
    const span = () => otelApi().trace.getTracer('test').startSpan('x', { kind: spanKinds.internal }, activeContext(otelApi())).end()
    const tracing = startTracing({ service: 'x', exporter: '${exporter}', url: '${url}', queue: 2, exportTimeout: '200ms' })
    for (let i = 0; i < 2; i += 1) {
      span()
      span()
      await tracing.flush()
    }
    await tracing.stop()
    console.log(JSON.stringify(tracing.counts().spans))
  `
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { timeout: 60_000 })
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  return { code, said: said.trim() }
}

const silences: readonly (readonly [what: string, answer: RequestListener])[] = [
  ['says nothing', () => {}],
  ['never ends its answer', (_request, response) => response.writeHead(200).write('{')],
]

for (const exporter of ['zipkin', 'otlp']) {
  for (const [what, answer] of silences) {
    test(`${exporter}: with a collector that ${what}, spans are counted, the queue is free again, and the program ends`, async (t) => {
      const { code, said } = await programThatTraces(exporter, await collector(t, answer))
      assert.equal(code, 0)
      assert.equal(said, '{"exported":0,"failed":4,"queueFull":0}')
    })
  }
}

test('an exporter that never answers is answered for, once, and its shutdown ends', async () => {
  const clock = fakeClock()
  const late: ((result: ExportResult) => void)[] = []
  const never = {
    export: (_spans: never[], done: (result: ExportResult) => void) => void late.push(done),
    shutdown: () => new Promise<void>(() => {}),
  }
  const limited = limitedExporter(never, 500, clock)
  const results: ExportResult[] = []
  limited.export([], (result) => results.push(result))
  await clock.advance(499)
  assert.equal(results.length, 0)
  await clock.advance(1)
  for (const answer of late) answer({ code: 0 })
  assert.deepEqual(
    results.map(({ code, error }) => [code, error?.message]),
    [[1, 'the exporter did not answer within 500 ms']],
  )
  const down = limited.shutdown()
  await clock.advance(500)
  await down
})

test('an exporter that answers in time leaves no timer, also when it throws or its shutdown fails', async () => {
  const clock = fakeClock()
  const results: ExportResult[] = []
  const good = { export: (_spans: never[], done: (result: ExportResult) => void) => done({ code: 0 }), shutdown: () => Promise.resolve() }
  const bad = {
    export: () => {
      throw new Error('not today')
    },
    shutdown: () => Promise.reject(new Error('nor tomorrow')),
  }
  for (const each of [good, bad]) limitedExporter(each, 500, clock).export([], (result) => results.push(result))
  await limitedExporter(good, 500, clock).shutdown()
  await assert.rejects(limitedExporter(bad, 500, clock).shutdown(), /nor tomorrow/)
  assert.deepEqual(
    results.map(({ code, error }) => [code, error?.message]),
    [
      [0, undefined],
      [1, 'not today'],
    ],
  )
  await clock.advance(1_000)
  assert.equal(results.length, 2)
})
