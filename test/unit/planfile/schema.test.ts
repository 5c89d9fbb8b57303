import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import * as v from 'valibot'
import { parse } from 'yaml'
import { planSchemaText, schemaFile, toJsonSchema } from '../../../scripts/plan-schema.ts'
import { duration, flag, number, oneOf, options, orFalse, thing } from '../../../src/mesh/plan-pieces.ts'
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
    '{ $schema: x, name: a, outbound: registered-only, defaults: { deadline: 1s }, services: { a.b: { resolve: { dns: a } } } }',
  ]) {
    assert.deepEqual(await problemsOf(text, { functions }), [], text)
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
    'defaults: { resolve: { dns: a } }\nservices: {}',
    'services: { "a b": { resolve: { dns: a } } }',
  ]) {
    assert.ok((await problemsOf(text)).length > 0, text)
    assert.equal(validate(parse(text)), false, text)
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
