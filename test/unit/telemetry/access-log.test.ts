import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { type AccessLogEntry, type AccessLogOptions, ConfigError, fixed, mesh } from '../../../src/index.ts'
import { fakeClock, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'
import { sdkLines } from '../../fixtures/otel-lines.ts'

type Script = Parameters<typeof scriptedTransport>[0]

const one = 'http://10.0.0.1:8080'

function logged(script: Script, accessLog: AccessLogOptions) {
  const clock = fakeClock()
  const net = mesh({ clock, transport: scriptedTransport(script), random: seededRandom('access'), telemetry: { accessLog } })
    .service('orders', (s) => s.resolve(fixed([one])).deadline('1s'))
    .build()
  return { clock, net }
}

function linesOf(options: Partial<AccessLogOptions> = {}) {
  const lines: string[] = []
  return { lines, accessLog: { to: (line: string) => void lines.push(line), ...options } satisfies AccessLogOptions }
}

test('every call is a line of JSON, without secrets', async () => {
  const { lines, accessLog } = linesOf()
  const { net, clock } = logged({ body: 'ok', latencyMs: 12.34 }, accessLog)
  const startedAt = new Date(clock.wallTime()).toISOString()
  const done = net.fetch('http://orders/v1/42?page=2&token=secret')
  await clock.advance(100)
  await done
  assert.deepEqual(JSON.parse(lines[0] ?? ''), {
    time: startedAt,
    service: 'orders',
    method: 'GET',
    path: '/v1/42?page=2&token=REDACTED',
    status: 200,
    endpoint: one,
    attempts: 1,
    durationMs: 12.3,
    waitedMs: 0,
  })
  assert.equal(lines.length, 1)
  await net.close()
})

test('a template is written as it says', async () => {
  const { lines, accessLog } = linesOf({ format: '{method} {path} -> {status} {endpoint} {attempts} {duration}' })
  let calls = 0
  const { net, clock } = logged(() => (calls++ === 0 ? { status: 503 } : { body: 'ok', latencyMs: 5 }), accessLog)
  const done = net.fetch('http://orders/v1')
  await clock.advance(500)
  await done
  assert.match(lines[0] ?? '', /^GET \/v1 -> 200 http:\/\/10\.0\.0\.1:8080 2 [\d.]+ ms$/)
  await net.close()
})

test('a call that failed says why, also when its deadline passed or nothing was sent', async () => {
  const { lines, accessLog } = linesOf({ format: '{status} {endpoint} {attempts} {durationMs}' })
  const { net, clock } = logged({ body: 'late', latencyMs: 5_000 }, accessLog)
  const late = net.fetch('http://orders/').catch(() => {})
  await clock.advance(1_000)
  await late
  net.service('orders').circuit.force('open')
  await net.fetch('http://orders/').catch(() => {})
  assert.deepEqual(lines, ['DEADLINE_EXCEEDED http://10.0.0.1:8080 1 1000', 'CIRCUIT_OPEN - 0 0'])
  await net.close()
})

test('a share of good calls is written, and every call that failed', async () => {
  const { lines, accessLog } = linesOf({ sample: 0.2, format: '{status}' })
  let calls = 0
  const { net } = logged(() => ({ status: calls++ % 10 === 0 ? 501 : 200 }), accessLog)
  for (let i = 0; i < 500; i += 1) await net.fetch('http://orders/', { method: 'POST' })
  const failed = lines.filter((line) => line === '501').length
  const good = lines.filter((line) => line === '200').length
  assert.equal(failed, 50)
  assert.ok(good > 60 && good < 120, `${good} of 450`)
  await net.close()
})

test('hosts that no service declares are written, too', async () => {
  const { lines, accessLog } = linesOf({ format: '{service} {path} {status}' })
  const { net } = logged({ body: 'ok' }, accessLog)
  await net.fetch('http://elsewhere.example/a?code=1')
  assert.deepEqual(lines, ['elsewhere.example /a?code=REDACTED 200'])
  await net.close()
})

test('pino gets fields and a message, at the level that was asked for', async () => {
  const written: string[] = []
  const to = pino({ level: 'debug' }, { write: (line: string) => void written.push(line) })
  const { net } = logged({ body: 'ok' }, { to, level: 'debug' })
  await net.fetch('http://orders/v1')
  const line = JSON.parse(written[0] ?? '')
  assert.equal(line.level, 20)
  assert.equal(line.msg, 'GET orders/v1 -> 200 0 ms')
  assert.equal(line.endpoint, one)
  await net.close()
})

test('a logger that throws costs no call', async () => {
  const { net } = logged(
    { body: 'ok' },
    {
      to: () => {
        throw new Error('disk full')
      },
    },
  )
  const heard: string[] = []
  net.on('part-threw', ({ part, error }) => heard.push(`${part}: ${(error as Error).message}`))
  assert.equal(await (await net.fetch('http://orders/')).text(), 'ok')
  assert.deepEqual(heard, ['access log: disk full'])
  await net.close()
})

for (const line of sdkLines) {
  test(`${line.name}: a line names the trace of its call`, async (t) => {
    const tracing = line.start(t)
    const entries: AccessLogEntry[] = []
    const { net } = logged({ body: 'ok' }, { to: (text) => void entries.push(JSON.parse(text)) })
    await net.fetch('http://orders/')
    assert.equal(entries[0]?.traceId, tracing.spans[0]?.spanContext().traceId)
    await net.close()
  })
}

test('wrong options are reported with those of the mesh', () => {
  const wrong = { to: 'stdout', format: '{method} {url}', sample: 2, level: 'loud' } as unknown as AccessLogOptions
  assert.throws(
    () => mesh({ telemetry: { accessLog: wrong } }).plan(),
    (error) => {
      assert.ok(ConfigError.is(error))
      assert.deepEqual(
        error.problems.map(({ path }) => path.split('.').at(-1)),
        ['to', 'format', 'sample', 'level'],
      )
      assert.match(error.message, /expected 'json', or a template with the fields \{time\}.*got "\{method\} \{url\}"/)
      return true
    },
  )
})

test('braces of a template hold the name of a field, or it is refused', () => {
  const build = (format: string) =>
    mesh({ telemetry: { accessLog: { to: () => {}, format } } })
      .service('orders', (s) => s.resolve(fixed(['http://10.0.0.1:8080'])))
      .build()
  for (const format of ['{user-agent}', '{ method }', '{trace.id}', '{}', '{toString}', '{method} {Path}'])
    assert.throws(() => build(format), { message: /telemetry\.accessLog\.format: expected 'json', or a template with the fields / }, format)
  for (const format of ['{method}', '{ "method": "{method}" }', 'no field', '}{']) assert.doesNotThrow(() => build(format))
})
