import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import * as v from 'valibot'
import { parse } from 'yaml'
import { planSchema, planSchemaText, schemaFile, toJsonSchema } from '../../../scripts/plan-schema.ts'
import { duration, flag, number, oneOf, options, orFalse, thing } from '../../../src/mesh/plan-pieces.ts'
import { quota } from '../../../src/quota.ts'
import { problemsOf } from './read-text.ts'

const schema = JSON.parse(readFileSync(schemaFile, 'utf8')) as object
const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema)
const service = (line: string) => `services: { orders: { resolve: { fixed: ['http://10.0.0.7:80'] }, ${line} } }`

test('the schema that is published is the one that the schemas of the plan make', () => {
  assert.equal(readFileSync(schemaFile, 'utf8'), planSchemaText(), 'run npm run schema')
})

test('a validator of others accepts what the reader accepts', async () => {
  const functions = { tenant: () => 'x' }
  for (const text of [
    'services: {}',
    service('balance: roundRobin'),
    service('balance: { boundedLoad: { balancer: { ringHash: { hashOn: { header: x-user } } }, factor: 1.5 } }'),
    service('concurrency: { limit: { gradientLimit: { min: 5 } }, endpoints: { limit: 10 } }'),
    service('deadline: Infinity, retry: false, hedge: { after: 50ms }, bare: true'),
    service('rateLimit: { permits: 500, per: 1s, key: { function: tenant } }'),
    service('rateLimit: { permits: 500, key: { header: x-tenant } }'),
    service(
      'locality: { zone: a, mode: weighted, weights: { a: 1, b: 2.5 } }, subset: { v: [a, b] }, subsetFallback: { subset: { v: a } }',
    ),
    service('healthCheck: { expect: [200, [300, 399]], headers: { x-a: b } }, circuitBreaker: { service: {} }, ejection: { latency: {} }'),
    service('classify: { function: tenant }, alias: ["orders:8080", "[::1]"], serverDraining: false, sendOn: { send: always }'),
    service('retry: { on: [5xx, 503, { function: tenant }], attemptTimeout: 100, backoff: { kind: full } }'),
    service(
      "subset: { v: [a, b] }, split: { by: v, weights: { a: 95, b: 5 }, stickyBy: { cookie: s }, ramp: { to: { b: 100 }, over: 1h, startAt: '2026-11-21' } }",
    ),
    service(
      "route: [{ match: { path: { pattern: '/v1/:id/*' }, method: GET, headers: { x-a: { prefix: b }, x-c: false } }, deadline: false }]",
    ),
    service('route: [{ match: { path: { prefix: /v1 } }, rewrite: { path: { prefix: / }, setHeaders: { x-a: b } }, hedge: false }]'),
    service('fault: { delay: { share: 0.1, time: { min: 1ms, max: 1s } }, match: { methods: [GET], headers: { x-a: true, x-b: c } } }'),
    service(
      'fault: { delay: { share: 0.1, time: 20ms }, abort: { share: 0.1, error: reset } }, subset: { v: [a, b] }, mirror: { to: { subset: { v: a } } }',
    ),
    service('rateLimit: { permits: 5, quota: { redis: { env: REDIS_URL }, name: partner, onOutage: refuse } }'),
    '{ $schema: x, name: a, outbound: registered-only, defaults: { deadline: 1s }, services: { a.b: { resolve: { dns: a } } } }',
  ]) {
    assert.deepEqual(
      await problemsOf(text, { functions, quotas: { redis: quota }, secrets: { 'env:REDIS_URL': 'redis://127.0.0.1' } }),
      [],
      text,
    )
    assert.equal(validate(parse(text)), true, `${text}: ${JSON.stringify(validate.errors)}`)
  }
})

test('a validator of others refuses what the reader refuses', async () => {
  for (const text of [
    'services: []',
    'name: checkout',
    'services: {}\nextra: 1',
    'services: { orders: {} }',
    service('retrys: {}'),
    service('retry: { attempts: 0 }'),
    service('retry: { attempts: 1.5 }'),
    service('retry: true'),
    service('deadline: 2 seconds'),
    service('deadline: 0s'),
    service('balance: ringHash'),
    service('balance: { ringHash: {} }'),
    service('balance: { roundRobin: {}, random: {} }'),
    service('balance: mine'),
    service('concurrency: { limit: -1 }'),
    service('subset: { v: [a, a] }'),
    service('healthCheck: { expect: [99] }'),
    service('tls: { key: { path: x } }'),
    service('classify: mine'),
    service('split: { by: v, weights: { a: -1, b: 101 } }'),
    service('split: { by: v, weights: anything }'),
    service('split: { by: v, weights: { a: 50, b: 50 }, stickyBy: { header: "" } }'),
    service('split: { by: v, weights: { a: 50, b: 50 }, stickyBy: { header: x, cookie: y } }'),
    service('split: { by: v, weights: { a: 50, b: 50 }, ramp: { to: { b: 100 }, over: 1h, startAt: soon } }'),
    service('mirror: {}'),
    service('mirror: { to: users, header: "x y" }'),
    service('mirror: { to: { subset: {} } }'),
    service('fault: { delay: { share: 1, time: soon } }'),
    service('fault: { delay: { share: 1, time: { min: 1s } } }'),
    service('fault: { abort: { share: 1, status: 600 } }'),
    service('fault: { header: true, match: { methods: [] } }'),
    service('fault: { header: true, match: { headers: { x: false } } }'),
    service('route: { match: {} }'),
    service('route: [{ deadline: 1s }]'),
    service('route: [{ match: { path: v1 } }]'),
    service("route: [{ match: { path: '/v1?a=b' } }]"),
    service("route: [{ match: { path: { pattern: '/:id/x/:id' } } }]"),
    service("route: [{ match: { path: { pattern: '/:/x' } } }]"),
    service("route: [{ match: { path: { pattern: '/*/x' } } }]"),
    service('route: [{ match: { path: { prefix: /a, pattern: /b } } }]'),
    service('route: [{ match: { method: [] } }]'),
    service('route: [{ match: { headers: { "x y": true } } }]'),
    service('route: [{ match: { headers: { x: [] } } }]'),
    service('route: [{ match: {}, subset: {} }]'),
    service('route: [{ match: {}, retry: { attempts: 0 } }]'),
    service('route: [{ match: {}, concurrency: { limit: 5, endpoints: { limit: 5 } } }]'),
    service('route: [{ match: {}, rewrite: { setHeaders: { Content-Length: "1" } } }]'),
    service('route: [{ match: {}, rewrite: { removeHeaders: [te] } }]'),
    service('rateLimit: { permits: 5, quota: { name: partner } }'),
    service('rateLimit: { permits: 5, quota: 5 }'),
    service("rateLimit: { permits: 5, quota: { redis: 'redis://127.0.0.1', name: a, processes: 0 } }"),
    'defaults: { resolve: { dns: a } }\nservices: {}',
    'services: { "a b": { resolve: { dns: a } } }',
  ]) {
    assert.ok((await problemsOf(text)).length > 0, text)
    assert.equal(validate(parse(text)), false, text)
  }
})

type Json = Readonly<Record<string, unknown>>

/** Paths of the pieces of a JSON Schema of which it says nothing. */
function saysNothing(schema: Json, path: string): string[] {
  const {
    properties = {},
    items,
    additionalProperties,
    anyOf = [],
    allOf = [],
  } = schema as {
    readonly properties?: Readonly<Record<string, Json>>
    readonly items?: Json
    readonly additionalProperties?: boolean | Json
    readonly anyOf?: readonly Json[]
    readonly allOf?: readonly Json[]
  }
  const scalar = ['string', 'number', 'integer', 'boolean'].includes(String(schema.type))
  const whole = (schema.type === 'array' && items !== undefined) || (schema.type === 'object' && additionalProperties !== undefined)
  const says = scalar || whole || '$ref' in schema || 'enum' in schema || 'const' in schema || anyOf.length > 0 || allOf.length > 0
  return [
    ...(says ? [] : [path]),
    ...Object.entries(properties).flatMap(([name, inner]) => saysNothing(inner, `${path}.${name}`)),
    ...(items === undefined ? [] : saysNothing(items, `${path}[]`)),
    ...(typeof additionalProperties === 'object' ? saysNothing(additionalProperties, `${path}.*`) : []),
    ...[...anyOf, ...allOf].flatMap((inner) => saysNothing(inner, path)),
  ]
}

test('the schema says of every piece of the plan what it takes', () => {
  const { definitions } = planSchema() as { readonly definitions: Readonly<Record<string, Json>> }
  const silent = Object.entries(definitions).flatMap(([name, definition]) => saysNothing(definition, name))
  // What the program hands in takes what the program says.
  assert.deepEqual(
    silent.filter((path) => !/^(resolver|balancer|meter|limit|quota|policy)\.custom$/.test(path)),
    [],
    'give the piece a form, see src/mesh/plan-form.ts',
  )
  assert.deepEqual(saysNothing(toJsonSchema(options({ a: thing<unknown>('a thing', () => true), b: flag() })), 'x'), ['x.a'])
})

test('the schema says of what a route has of its own all that it says of the service', () => {
  const { definitions } = planSchema() as { readonly definitions: Readonly<Record<string, Json>> }
  const { items } = definitions.route as { readonly items: { readonly properties: Readonly<Record<string, Json>> } }
  const own = Object.keys(items.properties).filter((name) => !['name', 'match', 'rewrite', 'subset', 'attemptTimeout'].includes(name))
  for (const name of ['deadline', 'retry', 'hedge', 'rateLimit', 'concurrency', 'admission', 'circuitBreaker', 'use'])
    assert.ok(own.includes(name))
  for (const name of ['retry', 'hedge', 'rateLimit', 'admission', 'split', 'mirror', 'fault'].filter((each) => own.includes(each))) {
    const { description: _, default: __, ...ofService } = definitions[name] as Json
    const { description: ___, default: ____, ...ofRoute } = items.properties[name] as Json
    assert.deepEqual(ofRoute, ofService, name)
  }
})

test('a setting that the plan gets is in the schema without another word', () => {
  const made = toJsonSchema(
    options({
      share: number({ from: 0, to: 1 }),
      mode: v.optional(oneOf(['a', 'b']), 'a'),
      steps: v.optional(v.array(options({ after: duration({ from: 0 }), on: flag() }))),
      off: v.optional(
        orFalse(
          v.pipe(
            options({ x: flag() }),
            v.rawCheck(() => {}),
          ),
        ),
      ),
      strange: v.optional(thing<unknown>('something of its own', () => true)),
    }),
  ) as { readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>; readonly required: readonly string[] }
  assert.deepEqual(Object.keys(made.properties), ['share', 'mode', 'steps', 'off', 'strange'])
  assert.deepEqual(made.required, ['share'])
  assert.deepEqual(made.properties.mode, { description: "one of 'a', 'b'", enum: ['a', 'b'], default: 'a' })
  assert.deepEqual(made.properties.strange, { description: 'something of its own' })
  const check = new Ajv().compile(made)
  assert.ok(check({ share: 0.5, steps: [{ after: '1s', on: true }], off: false, strange: [1] }))
  assert.ok(!check({ share: 0.5, steps: [{ after: 'soon', on: true }] }))
  assert.ok(!check({ share: 0.5, off: { y: true } }))
})
