import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, faultDefaults, fixed, mesh, mirrorDefaults } from '../../../src/index.ts'

/** A draft as untyped code sees it. */
// biome-ignore lint/suspicious/noExplicitAny: these tests are about code that the compiler does not check
type Untyped = any

function linesOf(configure: (draft: Untyped) => Untyped): string[] {
  try {
    ;(mesh() as Untyped)
      .service('orders', (s: Untyped) => configure(s.resolve(fixed(['http://127.0.0.1:1']))))
      .service('copies', (s: Untyped) => s.resolve(fixed(['http://127.0.0.1:2'])).subset('version', ['v1', 'v2']))
      .plan()
  } catch (error) {
    assert.ok(ConfigError.is(error), String(error))
    return error.problems.map((p) => `${p.path}: expected ${p.expected}, got ${p.received}`)
  }
  assert.fail('expected a ConfigError')
}

const wrong: readonly (readonly [title: string, configure: (s: Untyped) => Untyped, line: string])[] = [
  [
    'no fault at all',
    (s) => s.fault({}),
    'orders.fault.delay: expected a fault: delay, abort, cutBody or throttle, or header: true, got undefined',
  ],
  ['a share above 1', (s) => s.fault({ delay: { share: 5, time: 1 } }), 'orders.fault.delay.share: expected a number in [0, 1], got 5'],
  ['a delay without a time', (s) => s.fault({ delay: { share: 1 } }), 'orders.fault.delay.time: expected a duration'],
  ['a delay of nothing', (s) => s.fault({ delay: { share: 1, time: 0 } }), 'orders.fault.delay.time: expected a duration'],
  [
    'a range upside down',
    (s) => s.fault({ delay: { share: 1, time: { min: '2s', max: '1s' } } }),
    'orders.fault.delay.time.min: expected a duration not above max, which is 1000 ms, got "2000 ms"',
  ],
  [
    'a delay above the longest',
    (s) => s.fault({ delay: { share: 1, time: '1m' } }),
    'orders.fault.delay: expected a time not above maxDelay, which is 30000 ms, got "60000 ms"',
  ],
  [
    'a delay nowhere',
    (s) => s.fault({ delay: { share: 1, time: 1, where: 'moon' } }),
    "orders.fault.delay.where: expected one of 'request', 'reply'",
  ],
  [
    'an abort with nothing',
    (s) => s.fault({ abort: { share: 1 } }),
    'orders.fault.abort.status: expected a status, or an error beside share',
  ],
  [
    'an abort with both',
    (s) => s.fault({ abort: { share: 1, status: 500, error: 'reset' } }),
    'orders.fault.abort.error: expected a status or an error, not both, got "reset"',
  ],
  [
    'a wrong status',
    (s) => s.fault({ abort: { share: 1, status: 700 } }),
    'orders.fault.abort.status: expected a status in [200, 599], got 700',
  ],
  [
    'a wrong error',
    (s) => s.fault({ abort: { share: 1, error: 'boom' } }),
    "orders.fault.abort.error: expected one of 'reset', 'refused', 'timeout'",
  ],
  [
    'a negative cut',
    (s) => s.fault({ cutBody: { share: 1, afterBytes: -1 } }),
    'orders.fault.cutBody.afterBytes: expected an integer in [0, Infinity)',
  ],
  [
    'a throttle that lets nothing through',
    (s) => s.fault({ throttle: { share: 1, bytesPerSecond: 0 } }),
    'orders.fault.throttle.bytesPerSecond: expected an integer in [1, Infinity), got 0',
  ],
  [
    'no active fault',
    (s) => s.fault({ header: true, maxActive: 0 }),
    'orders.fault.maxActive: expected an integer in [1, Infinity), got 0',
  ],
  [
    'a share of nothing',
    (s) => s.fault({ header: true, maxActiveShare: 0 }),
    'orders.fault.maxActiveShare: expected a number in (0, 1], got 0',
  ],
  [
    'a relative path',
    (s) => s.fault({ header: true, match: { path: 'v1' } }),
    "orders.fault.match.path: expected how a path begins, such as '/v1/', got",
  ],
  [
    'no methods',
    (s) => s.fault({ header: true, match: { methods: [] } }),
    'orders.fault.match.methods: expected a list of methods, at least one',
  ],
  [
    'an option that does not exist',
    (s) => s.fault({ header: true, aborts: {} }),
    'orders.fault.aborts: expected one of the options delay, abort',
  ],
  ['a mirror to nobody', (s) => s.mirror({}), 'orders.mirror.to: expected the name of a service, or { service, subset'],
  [
    'a mirror to a service that does not exist',
    (s) => s.mirror({ to: 'copie' }),
    'orders.mirror.to: expected a service of the mesh: copies (did you mean copies?), got "copie"',
  ],
  [
    'a mirror to itself',
    (s) => s.mirror({ to: 'orders' }),
    'orders.mirror.to: expected another service of the mesh, or a subset of this one, got "orders" itself',
  ],
  [
    'a label that the target does not declare',
    (s) => s.mirror({ to: { service: 'copies', subset: { color: 'red' } } }),
    'orders.mirror.to.subset.color: expected a label that copies declares: version, got "color"',
  ],
  [
    'a value that the target does not declare',
    (s) => s.mirror({ to: { service: 'copies', subset: { version: 'v3' } } }),
    'orders.mirror.to.subset.version: expected one of v1, v2, got "v3"',
  ],
  [
    'a label that the service itself does not declare',
    (s) => s.mirror({ to: { subset: { version: 'v1' } } }),
    'orders.mirror.to.subset.version: expected a label that orders declares, got "version"',
  ],
  ['a negative share', (s) => s.mirror({ to: 'copies', share: -1 }), 'orders.mirror.share: expected a number in [0, 1], got -1'],
  [
    'no copies at once',
    (s) => s.mirror({ to: 'copies', maxInFlight: 0 }),
    'orders.mirror.maxInFlight: expected an integer in [1, Infinity), got 0',
  ],
  [
    'a mirror without an end',
    (s) => s.mirror({ to: 'copies', deadline: Number.POSITIVE_INFINITY }),
    'orders.mirror.deadline: expected a duration',
  ],
  [
    'a wrong header',
    (s) => s.mirror({ to: 'copies', header: 'no spaces' }),
    'orders.mirror.header: expected the name of a header, got "no spaces"',
  ],
  [
    'a wrong suffix',
    (s) => s.mirror({ to: 'copies', hostSuffix: '/x' }),
    'orders.mirror.hostSuffix: expected letters, digits, dots and dashes',
  ],
  ['two mirrors', (s) => s.mirror({ to: 'copies' }).mirror({ to: 'copies' }), 'orders.mirror: expected to be set once, got it twice'],
]

for (const [title, configure, line] of wrong) {
  test(`${title} is told with the service, the field, what was expected and what came`, () => {
    const lines = linesOf(configure)
    assert.ok(
      lines.some((each) => each.startsWith(`services.${line}`)),
      lines.join('\n'),
    )
  })
}

test('a mirror among the defaults is refused', () => {
  const wrongDefaults = () => (mesh() as Untyped).defaults((s: Untyped) => s.mirror({ to: 'a' })).plan()
  assert.throws(wrongDefaults, /defaults.mirror: expected a setting that services can share, got one that belongs to one service/)
})

test('production is true or false', () => {
  assert.throws(() => (mesh({ production: 'yes' as never }) as Untyped).plan(), /production: expected true or false, got "yes"/)
})

test('a plan has the defaults of mirrors and faults, in milliseconds, and is frozen', () => {
  const { services } = mesh()
    .service('orders', (s) =>
      s
        .resolve(fixed(['http://127.0.0.1:1']))
        .mirror({ to: 'copies' })
        .fault({ delay: { share: 0.1, time: { min: '1s', max: '2s' } }, match: { methods: ['GET'] } }),
    )
    .service('copies', (s) => s.resolve(fixed(['http://127.0.0.1:2'])))
    .plan()
  const { share, maxInFlight, maxBodyBytes, retry, header, hostSuffix } = mirrorDefaults
  assert.deepEqual(services.orders?.mirror, { to: 'copies', share, maxInFlight, maxBodyBytes, deadline: 15_000, retry, header, hostSuffix })
  const { where, ...others } = faultDefaults
  const delay = { share: 0.1, time: { min: 1_000, max: 2_000 }, where }
  assert.deepEqual(services.orders?.fault, { delay, match: { methods: ['GET'] }, ...others, maxDelay: 30_000 })
  const { fault } = services.orders ?? {}
  assert.ok(
    fault !== false &&
      fault !== undefined &&
      Object.isFrozen(fault) &&
      Object.isFrozen(fault.delay) &&
      Object.isFrozen(fault.match?.methods),
  )
})
