import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { type MeshPlan, type PlanFileParts, samePart } from '../../src/index.ts'
import { fileSlots } from '../../src/planfile/file-slots.ts'
import { PlanFileError, type PlanFileProblem } from '../../src/planfile/plan-file-error.ts'
import { readPlanText } from '../../src/planfile/read-plan-text.ts'
import { quota } from '../../src/quota.ts'
import { readDuration } from '../../src/runtime/duration.ts'
import { type Schema, spoiled, valuesOf } from './from-json-schema.ts'
import { goingTogether } from './going-together.ts'

const schema = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'schema', 'mesh.schema.json'), 'utf8')) as Schema
const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema as object)

/** Rules about several values at once, and about texts that a pattern cannot tell: the reader has them, a schema cannot. */
const beyondSchemas: readonly RegExp[] = [
  // One time beside another.
  /(?:initial|base|openFor|min|attemptTimeout|minTtl|delay): a (?:duration|time) not above /,
  /(?:minSize|min|initial): .*at most (?:maxSize|max|tableSize)/,
  // Options that need others, or go without them.
  /\.concurrency\.limit: a limit, here or in endpoints/,
  /\.locality\.\w+: to be left out, because only mode '[\w-]+' reads it/,
  /\.locality\.(?:zone|weights): .*, because mode is '[\w-]+'/,
  /\.balance(?:\.\w+)*\.affinity: affinity: expected either a cookie or a header/,
  /\.healthCheck\.bodyIncludes: nothing, since a reply to HEAD has no body/,
  /\.dns(?:\.\w+)?: .*with records/,
  /\.fault\.delay: a fault: delay, abort, cutBody or throttle, or header: true/,
  /\.abort\.(?:status: a status, or an error beside share|error: a status or an error, not both)/,
  /\.split\.weights: at least two versions, here or in ramp\.to/,
  /\.split\.ramp: either over, for a gradual ramp, or steps/,
  /\.split\.ramp\.curve: to be left out, because only a gradual ramp has a curve/,
  /\.split\.ramp\.steps: at least one step/,
  /\.split\.ramp\.steps\[\d+\]\.(?:share|after): more than the step before it/,
  /\.route\[\d+\]\.attemptTimeout: to be left out beside retry/,
  /\.route\[\d+\]\.rewrite\.path: a path(?::| without) /,
  /\.rateLimit\.(?:algorithm|key|permits): .*beside quota/,
  /\.rateLimit\.cost: at most the burst/,
  // Names that something else must have, or must not have.
  /\.split\.stable: one of the versions /,
  /\.(?:split\.by|subsetFallback|subset(?:\.\w+)?|mirror\.to\.subset\.[\w-]+|subset\["[^"]+"\]): a label that (?:\.subset\(\.\.\.\)|orders|users) declares/,
  /\.split\.(?:weights|ramp\.to): versions that \.subset\(\.\.\.\) declares/,
  /\.subset(?:Fallback)?: a value of the label /,
  /\.mirror\.to\.subset\.\w+: one of /,
  /\.mirror\.to: (?:a service of the mesh|another service of the mesh)/,
  /\.route\[\d+\]\.name: a name that no other route has/,
  /\.route\[\d+\]\.match: a route that can match: /,
  /\.alias(?:\[\d+\])?: a host that no other service has/,
  // Sums, orders and primes.
  /\.split\.(?:weights|ramp\.to): weights that add up to 100, or to 1/,
  /\.locality\.(?:weights|clients): .*by place, not all 0/,
  /\.(?:expect|retriable): a list of .*\[from, to\]/,
  /\.aperture\.peer: an integer in \[0, \d+\]/,
  /\.(?:vegasLimit|aimdLimit)\.initial: an integer in \[\d+, \d+\]/,
  /\.maglev\.tableSize: .*a prime/,
  // Texts.
  /\.fixed\[\d+\](?:\.url)?: a URL such as /,
  /\.(?:dns|dns\.name): a name such as /,
  /\.dns\.servers: a list of at least one IP address/,
  /\.startAt: a date such as /,
  /\.tls: certificates and a key that belong together/,
  /\.quota(?:\.redis)?: a redis:\/\/ or rediss:\/\/ URL/,
]

/** A schema can tell the least number of milliseconds, and of a text only whether it is a duration at all. */
const shortDuration = /^a duration such as .*, in \[[1-9]\d* ms/

function isBeyondSchemas({ path, expected, received }: PlanFileProblem): boolean {
  if (shortDuration.test(expected)) return received.startsWith('"') && readDuration(JSON.parse(received)) !== undefined
  return beyondSchemas.some((rule) => rule.test(`${path}: ${expected}`))
}

const parts: PlanFileParts = {
  functions: Object.fromEntries(['x', 'x-user'].map((name) => [name, () => name])),
  quotas: { redis: quota },
}

type Verdict = { readonly plan: MeshPlan } | { readonly problems: readonly PlanFileProblem[] }

async function read(content: unknown, format: 'json' | 'yaml' = 'json'): Promise<Verdict> {
  const text = format === 'json' ? JSON.stringify(content) : stringify(content)
  const readSecret = async () => undefined
  try {
    return await readPlanText(text, { file: `/etc/mesh.${format}`, format, parts, readsSecrets: false, own: {}, readSecret })
  } catch (error) {
    if (error instanceof PlanFileError) return { problems: error.problems }
    throw error
  }
}

/** A setting of a service, with a value that the schema lets through; policies need a program. */
const settings = fc.constantFrom(...[...fileSlots.keys()].filter((slot) => slot !== 'use')).chain((slot) => {
  const values = valuesOf({ $ref: `#/definitions/${slot}` }, schema)
  return fc
    .oneof(
      values,
      values.map((value) => goingTogether(slot, value)),
    )
    .map((value) => ({ slot, value }))
})

/** Strategies print what they were made into, functions print nothing, and keys are hidden. */
const unprinted: ReadonlySet<string> = new Set(['resolve', 'balance', 'tls', 'use', 'classify'])

/** A function prints as a remark, and its default comes back by itself. */
const withoutFunctions = (_: string, value: unknown) => (typeof value === 'string' && value.startsWith('(function') ? undefined : value)

const contentOf = (slot: string, value: unknown) => ({
  services: {
    orders: { resolve: { dns: 'orders.internal' }, subset: { version: ['v1', 'v2'] }, [slot]: value },
    users: { resolve: { dns: 'users.internal' }, subset: { version: ['v1', 'v2'] } },
  },
})

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
        for (const problem of verdict.problems) {
          assert.ok(isBeyondSchemas(problem), `only the schema takes ${JSON.stringify(content)}: ${JSON.stringify(problem)}`)
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
  const compared = new Map<string, number>()
  const plain = settings.filter(({ slot, value }) => !unprinted.has(slot) && !/"function"|"limit"|"quota"/.test(JSON.stringify(value)))
  await fc.assert(
    fc.asyncProperty(plain, async ({ slot, value }) => {
      const first = await read(contentOf(slot, value))
      if (!('plan' in first)) return
      const printed = JSON.parse(JSON.stringify(first.plan), withoutFunctions) as { services: { orders: Record<string, unknown> } }
      const again = await read(contentOf(slot, printed.services.orders[fileSlots.get(slot)?.planName as string]))
      assert.ok('plan' in again, JSON.stringify(again))
      assert.ok(samePart(again.plan, first.plan), JSON.stringify([value, first.plan, again.plan]))
      compared.set(slot, (compared.get(slot) ?? 0) + 1)
    }),
    { numRuns: 500, seed: 13 },
  )
  for (const slot of [...fileSlots.keys()].filter((name) => !unprinted.has(name))) {
    assert.ok((compared.get(slot) ?? 0) >= 3, `${slot}: ${JSON.stringify([...compared])}`)
  }
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
