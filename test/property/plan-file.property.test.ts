import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { type MeshPlan, samePart } from '../../src/index.ts'
import { fileSlots } from '../../src/planfile/file-slots.ts'
import { PlanFileError, type PlanFileProblem } from '../../src/planfile/plan-file-error.ts'
import { readPlanText } from '../../src/planfile/read-plan-text.ts'
import { type Schema, spoiled, valuesOf } from './from-json-schema.ts'

const schema = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'schema', 'mesh.schema.json'), 'utf8')) as Schema
const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema as object)

/** Rules about several values at once, and about texts that a pattern cannot tell: the reader has them, a schema cannot. */
const beyondSchemas: readonly RegExp[] = [
  /not above|at most|at least one, and|below/,
  /because|to be left out|since a reply/,
  /a limit, here or in endpoints/,
  /certificates and a key/,
  /a prime|peers|either a cookie or a header|the name of a header|of the cookie/,
  /a URL such as|an IP address|a name such as|at least one IP address|with records|whole seconds/,
  /a host such as|that no other service has/,
  /\.subset\(\.\.\.\) declares/,
  /by place, not all 0/,
  /a duration/,
  /expected at most|\[\d+, \d+\]/,
]

const functions = Object.fromEntries(['x', 'x-user'].map((name) => [name, () => name]))

type Verdict = { readonly plan: MeshPlan } | { readonly problems: readonly PlanFileProblem[] }

async function read(content: unknown, format: 'json' | 'yaml' = 'json'): Promise<Verdict> {
  const text = format === 'json' ? JSON.stringify(content) : stringify(content)
  const readSecret = async () => undefined
  try {
    return await readPlanText(text, { file: `/etc/mesh.${format}`, format, parts: { functions }, readsSecrets: false, own: {}, readSecret })
  } catch (error) {
    if (error instanceof PlanFileError) return { problems: error.problems }
    throw error
  }
}

/** A setting of a service, with a value that the schema lets through; policies need a program. */
const settings = fc
  .constantFrom(...[...fileSlots.keys()].filter((slot) => slot !== 'use'))
  .chain((slot) => valuesOf({ $ref: `#/definitions/${slot}` }, schema).map((value) => ({ slot, value })))

/** A function prints as a remark, and its default comes back by itself. */
const withoutFunctions = (_: string, value: unknown) => (typeof value === 'string' && value.startsWith('(function') ? undefined : value)

const contentOf = (slot: string, value: unknown) => ({ services: { orders: { resolve: { dns: 'orders.internal' }, [slot]: value } } })

test('a validator with the published schema and the reader come to the same verdict', async () => {
  const seen = { both: 0, neither: 0, readerOnly: 0 }
  const cases = fc.oneof(
    settings,
    settings.chain(({ slot, value }) => spoiled(value).map((bad) => ({ slot, value: bad }))),
  )
  await fc.assert(
    fc.asyncProperty(cases, async ({ slot, value }) => {
      const content = contentOf(slot, value)
      const verdict = await read(content)
      // A name that the program does not hand in: no schema knows those.
      const schemaSays = validate(content) && !/\{"(?:function|custom)":/.test(JSON.stringify(value))
      if ('plan' in verdict) {
        assert.ok(validate(content), `only the reader takes ${JSON.stringify(content)}: ${JSON.stringify(validate.errors)}`)
        seen.both += 1
      } else if (schemaSays) {
        for (const { path, expected } of verdict.problems) {
          assert.ok(
            beyondSchemas.some((rule) => rule.test(expected)),
            `only the schema takes ${JSON.stringify(content)}: ${path}: ${expected}`,
          )
        }
        seen.readerOnly += 1
      } else seen.neither += 1
    }),
    { numRuns: 1_500, seed: 7 },
  )
  assert.ok(seen.both > 300 && seen.neither > 300, JSON.stringify(seen))
})

test('a file says the same in JSON and in YAML', async () => {
  await fc.assert(
    fc.asyncProperty(settings, async ({ slot, value }) => {
      const [json, yaml] = [await read(contentOf(slot, value)), await read(contentOf(slot, value), 'yaml')]
      if ('plan' in json) assert.ok('plan' in yaml && samePart(json.plan, yaml.plan))
      else
        assert.deepEqual(
          'problems' in yaml && yaml.problems.map(({ path, expected }) => [path, expected]).toSorted(),
          json.problems.map(({ path, expected }) => [path, expected]).toSorted(),
        )
    }),
    { numRuns: 200, seed: 11 },
  )
})

test('what a plan prints of its settings, put into a file, makes the same plan', async () => {
  let compared = 0
  // Strategies print what they were made into, functions print nothing, and keys are hidden.
  const plain = settings.filter(
    ({ slot, value }) =>
      !['resolve', 'balance', 'tls', 'use', 'classify'].includes(slot) && !/"function"|"limit"/.test(JSON.stringify(value)),
  )
  await fc.assert(
    fc.asyncProperty(plain, async ({ slot, value }) => {
      const first = await read(contentOf(slot, value))
      if (!('plan' in first)) return
      const printed = JSON.parse(JSON.stringify(first.plan), withoutFunctions) as { services: { orders: Record<string, unknown> } }
      const again = await read(contentOf(slot, printed.services.orders[fileSlots.get(slot)?.planName as string]))
      assert.ok('plan' in again, JSON.stringify(again))
      assert.ok(samePart(again.plan, first.plan), JSON.stringify([value, first.plan, again.plan]))
      compared += 1
    }),
    { numRuns: 300, seed: 13 },
  )
  assert.ok(compared > 100, String(compared))
})

test('any text ends in a plan or in problems that stand in it', async () => {
  const pieces = fc.constantFrom(
    'services:',
    '  orders:',
    '    resolve:',
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    "'",
    '&a',
    '*a',
    '<<',
    '- ',
    '\n',
    '\t',
    '!!set',
    '|',
    '#',
    'x',
    '1',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(pieces, { maxLength: 30 }), fc.constantFrom('json' as const, 'yaml' as const), async (parts, format) => {
      const text = parts.join('')
      try {
        await readPlanText(text, { file: 'x', format, parts: {}, readsSecrets: false, own: {}, readSecret: async () => undefined })
      } catch (error) {
        assert.ok(error instanceof PlanFileError, String(error))
        const lines = text.split('\n')
        for (const { line, column, length } of error.problems) {
          assert.ok(line >= 1 && line <= lines.length && length >= 1, JSON.stringify([text, line]))
          assert.ok(column >= 1 && column <= (lines[line - 1] as string).length + 1, JSON.stringify([text, line, column]))
        }
      }
    }),
    { numRuns: 1_000, seed: 17 },
  )
})
