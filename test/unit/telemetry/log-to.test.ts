import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { ConfigError, fixed, type Logger, type LogOptions, logTo, mesh } from '../../../src/index.ts'
import { Events, type MeshEventName, type MeshEvents } from '../../../src/runtime/events.ts'
import { fakeClock, scriptedTransport } from '../../../src/testing/index.ts'

type Line = readonly [level: string, message: string, fields: Readonly<Record<string, unknown>>]

function logOf() {
  const lines: Line[] = []
  const at = (level: string) => (fields: object, message: string) => void lines.push([level, message, fields as Line[2]])
  const logger: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  return { lines, logger }
}

function logged(options: LogOptions = {}) {
  const clock = fakeClock()
  const events = new Events()
  const { lines, logger } = logOf()
  const stop = logTo(events, logger, { clock, ...options })
  return { clock, events, lines, stop }
}

const ejected: MeshEvents['endpoint-ejected'] = {
  service: 'orders',
  endpoint: 'http://10.0.0.1:8080',
  rule: 'failures',
  forMs: 30_000,
  times: 1,
  enforced: true,
}
const repeated: MeshEvents['attempt-repeated'] = {
  service: 'orders',
  endpoint: 'http://10.0.0.1:8080',
  code: '503',
  attempt: 1,
  sent: true,
  waitMs: 20,
}

test('an event is a line at its level, with what it carries', () => {
  const { events, lines } = logged()
  events.emit('endpoint-ejected', ejected)
  events.emit('attempt-repeated', repeated)
  assert.deepEqual(lines, [
    ['warn', 'endpoint-ejected orders http://10.0.0.1:8080', { event: 'endpoint-ejected', ...ejected }],
    ['debug', 'attempt-repeated orders http://10.0.0.1:8080', { event: 'attempt-repeated', ...repeated }],
  ])
})

test('an error is where loggers look for it', () => {
  const { events, lines } = logged()
  const error = new Error('no such host')
  events.emit('resolver-failed', { service: 'orders', resolver: 'dns', error, retryAfterMs: 100 })
  assert.deepEqual(lines, [
    ['warn', 'resolver-failed orders', { event: 'resolver-failed', service: 'orders', resolver: 'dns', retryAfterMs: 100, err: error }],
  ])
})

test('an event that nobody knew of is an info', () => {
  const { events, lines } = logged()
  for (const name of ['split-moved', 'constructor']) events.emit(name as MeshEventName, { service: 'orders', to: 'v2' } as never)
  assert.deepEqual(
    lines.map(([level, message]) => [level, message]),
    [
      ['info', 'split-moved orders'],
      ['info', 'constructor orders'],
    ],
  )
})

test('levels can be changed, and events switched off', () => {
  const { events, lines } = logged({ levels: { 'endpoint-ejected': 'off', 'attempt-repeated': 'error' } })
  events.emit('endpoint-ejected', ejected)
  events.emit('attempt-repeated', repeated)
  assert.deepEqual(
    lines.map(([level]) => level),
    ['error'],
  )
})

test('repeats are left out, and one line says how many', async () => {
  const { events, lines, clock } = logged({ repeats: { most: 2, within: '10s' } })
  for (let i = 0; i < 50; i += 1) events.emit('attempt-repeated', repeated)
  events.emit('attempt-repeated', { ...repeated, endpoint: 'http://10.0.0.2:8080' })
  assert.equal(lines.length, 3)
  await clock.advance(10_000)
  assert.deepEqual(lines.slice(3), [
    [
      'debug',
      'attempt-repeated orders http://10.0.0.1:8080: 48 more within 10000 ms',
      { event: 'attempt-repeated', service: 'orders', endpoint: 'http://10.0.0.1:8080', leftOut: 48, withinMs: 10_000 },
    ],
  ])
  events.emit('attempt-repeated', repeated)
  assert.equal(lines.length, 5)
})

test('without a limit every event is a line', () => {
  const { events, lines } = logged({ repeats: false })
  for (let i = 0; i < 50; i += 1) events.emit('attempt-repeated', repeated)
  assert.equal(lines.length, 50)
})

test('what is counted is bounded, however many endpoints there are', async () => {
  const { events, lines, clock } = logged({ repeats: { most: 1, within: '10s' } })
  for (let i = 0; i < 3_000; i += 1) {
    for (let turn = 0; turn < 2; turn += 1) events.emit('attempt-repeated', { ...repeated, endpoint: `http://10.0.0.1:${i}` })
  }
  const summaries = () => lines.filter(([, message]) => message.endsWith('more within 10000 ms')).length
  assert.equal(summaries(), 2_000)
  await clock.advance(10_000)
  assert.equal(summaries(), 3_000)
})

test('stopping says what was left out, and no more', async () => {
  const { events, lines, clock, stop } = logged({ repeats: { most: 1 } })
  for (let i = 0; i < 3; i += 1) events.emit('attempt-repeated', repeated)
  stop()
  assert.equal(lines.length, 2)
  events.emit('attempt-repeated', repeated)
  await clock.advance(60_000)
  assert.equal(lines.length, 2)
})

test('a logger that throws hurts nobody', () => {
  const events = new Events()
  const throws = () => {
    throw new Error('disk full')
  }
  logTo(events, { debug: throws, info: throws, warn: throws, error: throws })
  assert.doesNotThrow(() => events.emit('endpoint-ejected', ejected))
})

test("pino and console take a mesh's events", async (t) => {
  const written: string[] = []
  const logger = pino({ level: 'debug' }, { write: (line: string) => void written.push(line) })
  const info = t.mock.method(console, 'info', () => {})
  const net = mesh({ clock: fakeClock(), transport: scriptedTransport({ body: 'ok' }) })
    .service('orders', (s) => s.resolve(fixed(['http://10.0.0.1:8080'])))
    .build()
  logTo(net, logger)
  logTo(net, console)
  await net.fetch('http://orders/')
  const [line] = written.map((text) => JSON.parse(text))
  assert.equal(line.level, 30)
  assert.equal(line.event, 'endpoints-changed')
  assert.equal(line.msg, 'endpoints-changed orders')
  assert.deepEqual(line.added, ['http://10.0.0.1:8080'])
  assert.equal(info.mock.callCount(), 1)
  await net.close()
})

test('wrong options are reported together', () => {
  assert.throws(
    () =>
      logTo(new Events(), { info() {} } as never, {
        levels: { 'call-shed': 'loud' as never },
        repeats: { most: -1, within: 'soon' as never },
      }),
    (error) => {
      assert.ok(ConfigError.is(error))
      assert.deepEqual(
        error.problems.map(({ path }) => path),
        ['logTo.logger', 'logTo.levels.call-shed', 'logTo.repeats.most', 'logTo.repeats.within'],
      )
      assert.match(error.message, /logTo\.levels\.call-shed: expected one of debug, info, warn, error, off, got "loud"/)
      return true
    },
  )
})
