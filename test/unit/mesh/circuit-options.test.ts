import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, circuitBreakerDefaults, fixed, mesh, serviceCircuitDefaults } from '../../../src/index.ts'

/** What a wrong setting is refused with. */
function refusal(circuitBreaker: unknown): string[] {
  try {
    mesh()
      .service('orders', (s) => s.resolve(fixed(['http://a:1'])).circuitBreaker(circuitBreaker as never))
      .build()
  } catch (error) {
    assert.ok(ConfigError.is(error), String(error))
    return error.problems.map(({ path, expected, received }) => `${path}: expected ${expected}, got ${received}`)
  }
  assert.fail('expected a ConfigError')
}

const wrong: readonly (readonly [title: string, circuitBreaker: unknown, line: string])[] = [
  ['true', true, 'services.orders.circuitBreaker: expected an object of options (failureShare, minimumCalls'],
  ['a share of 0', { failureShare: 0 }, 'services.orders.circuitBreaker.failureShare: expected a number in (0, 1], got 0'],
  ['a share in percent', { failureShare: 50 }, 'services.orders.circuitBreaker.failureShare: expected a number in (0, 1], got 50'],
  ['a share that is text', { slowShare: '50%' }, 'services.orders.circuitBreaker.slowShare: expected a number in (0, 1], got "50%"'],
  ['no minimum', { minimumCalls: 0 }, 'services.orders.circuitBreaker.minimumCalls: expected an integer in [1, Infinity), got 0'],
  ['a window without a length', { window: 0 }, 'services.orders.circuitBreaker.window: expected a duration'],
  ['a window without an end', { window: Number.POSITIVE_INFINITY }, 'services.orders.circuitBreaker.window: expected a duration'],
  [
    'half a failure',
    { consecutiveFailures: 0.5 },
    'services.orders.circuitBreaker.consecutiveFailures: expected an integer in [1, Infinity), got 0.5',
  ],
  ['a slow call that is true', { slowCall: true }, 'services.orders.circuitBreaker.slowCall: expected a duration'],
  ['no open time', { openFor: 0 }, 'services.orders.circuitBreaker.openFor: expected a duration'],
  [
    'an open time above its limit',
    { openFor: '2m' },
    'services.orders.circuitBreaker.openFor: expected a duration not above circuitBreaker.maxOpenFor, which is 60000 ms, got 120000 ms',
  ],
  ['jitter above 1', { jitter: 1.5 }, 'services.orders.circuitBreaker.jitter: expected a number in [0, 1], got 1.5'],
  [
    'a probe without an end',
    { probeTimeout: Number.POSITIVE_INFINITY },
    'services.orders.circuitBreaker.probeTimeout: expected a duration',
  ],
  ['enforce in percent', { enforce: 100 }, 'services.orders.circuitBreaker.enforce: expected a number in [0, 1], got 100'],
  ['NaN', { enforce: Number.NaN }, 'services.orders.circuitBreaker.enforce: expected a number in [0, 1], got NaN'],
  ['endpoints that are a list', { endpoints: [] }, 'services.orders.circuitBreaker.endpoints: expected true or false, got []'],
  ['a service that is true', { service: true }, 'services.orders.circuitBreaker.service: expected an object of options (failureShare'],
  [
    'a wrong option of the service',
    { service: { enforce: 2 } },
    'services.orders.circuitBreaker.service.enforce: expected a number in [0, 1], got 2',
  ],
  [
    'an open time of the service above its limit',
    { service: { openFor: '2m' } },
    'services.orders.circuitBreaker.service.openFor: expected a duration not above circuitBreaker.service.maxOpenFor',
  ],
  ['a misspelt option', { failureshare: 0.5 }, 'services.orders.circuitBreaker.failureshare: expected one of the options'],
]

for (const [title, circuitBreaker, line] of wrong) {
  test(`a circuit breaker with ${title} is refused`, () => {
    const lines = refusal(circuitBreaker)
    assert.equal(lines.length, 1, lines.join('\n'))
    assert.ok(lines[0]?.startsWith(line), lines[0])
  })
}

test('the defaults of circuits are these', () => {
  assert.deepEqual(circuitBreakerDefaults, {
    failureShare: 0.5,
    minimumCalls: 20,
    window: '10s',
    consecutiveFailures: 5,
    slowCall: false,
    slowShare: 1,
    openFor: '5s',
    maxOpenFor: '60s',
    jitter: 0.2,
    probeTimeout: '10s',
    enforce: 1,
    endpoints: true,
    service: false,
  })
  const { endpoints: _, service: __, ...shared } = circuitBreakerDefaults
  assert.deepEqual(serviceCircuitDefaults, { ...shared, consecutiveFailures: false, minimumCalls: 50 })
  assert.ok(Object.isFrozen(circuitBreakerDefaults) && Object.isFrozen(serviceCircuitDefaults))
})

test('a plan has the settings of both kinds of circuits, with every default', () => {
  const plan = mesh()
    .service('orders', (s) => s.resolve(fixed(['http://a:1'])).circuitBreaker({ openFor: '2s', service: { slowCall: '1s' } }))
    .plan()
  const settings = plan.services.orders?.circuitBreaker
  assert.ok(settings)
  assert.equal(settings.openFor, 2_000)
  assert.deepEqual(settings.service, {
    failureShare: 0.5,
    minimumCalls: 50,
    window: 10_000,
    consecutiveFailures: false,
    slowCall: 1_000,
    slowShare: 1,
    openFor: 5_000,
    maxOpenFor: 60_000,
    jitter: 0.2,
    probeTimeout: 10_000,
    enforce: 1,
  })
})
