import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'

const source = (name: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, '..', '..', '..', 'src', name)).href)

function run(program: string) {
  return spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    timeout: 60_000,
    killSignal: 'SIGKILL',
  })
}

const start = `
  import { startTracing } from ${source('tracing/index.ts')}
  import { otelApi, spanKinds } from ${source('telemetry/otel-api.ts')}
  import { activeContext } from ${source('telemetry/trace-context.ts')}
  const span = () => otelApi().trace.getTracer('test').startSpan('x', { kind: spanKinds.internal }, activeContext(otelApi()))
`

test('a program that started tracing ends by itself, whatever is held or waits to be exported', () => {
  const { status, stdout, stderr } = run(`${start}
    startTracing({ service: 'x', sample: 0, url: 'http://127.0.0.1:1' })
    span()
    startTracing({ service: 'x', whenRegistered: 'leave' })
    span().end()
    console.log('end')
  `)
  assert.equal(status, 0, stderr)
  assert.equal(stdout, 'end\n')
})

test('a program that listens to the signal itself goes on, and so does its tracing', () => {
  const { status, stdout, stderr } = run(`${start}
    const exporter = { export: (spans, done) => { console.log('sent', spans.length); done({ code: 0 }) }, shutdown: async () => {} }
    const tracing = startTracing({ service: 'x', exporter, flushOn: 'SIGTERM' })
    span().end()
    process.once('SIGTERM', () => setTimeout(async () => {
      span().end()
      console.log('served what was left')
      await tracing.stop()
      clearTimeout(held)
    }, 100))
    process.kill(process.pid, 'SIGTERM')
    const held = setTimeout(() => {}, 50_000)
  `)
  assert.equal(status, 0, stderr)
  assert.equal(stdout, 'sent 1\nserved what was left\nsent 1\n')
})

test('a signal ends a program although its collector is not there, and in time', () => {
  const { signal, stderr } = run(`${start}
    startTracing({ service: 'x', url: 'http://127.0.0.1:1', flushOn: ['SIGTERM', 'SIGINT'], exportTimeout: '1s' })
    span().end()
    process.kill(process.pid, 'SIGTERM')
    setTimeout(() => {}, 50_000)
  `)
  assert.equal(signal, 'SIGTERM', stderr)
})
