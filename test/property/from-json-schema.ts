import fc from 'fast-check'

/** A JSON Schema, as far as those of plan files go. */
export interface Schema {
  readonly $ref?: string
  readonly anyOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly type?: string
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly exclusiveMaximum?: number
  readonly pattern?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly definitions?: Readonly<Record<string, Schema>>
}

/** Texts, of which each pattern takes some. */
const texts = [
  'x',
  'x-user',
  '/v1',
  'GET',
  'orders:8080',
  '250ms',
  '2s',
  '0.5s',
  '1m',
  'http://10.0.0.7:80',
  '10.0.0.7:80',
  'text with spaces',
]

/** Values that a schema lets through, small ones. */
export function valuesOf(schema: Schema, root: Schema, depth = 0): fc.Arbitrary<unknown> {
  const { $ref, anyOf, allOf, type } = schema
  if ($ref !== undefined) return valuesOf(root.definitions?.[$ref.replace('#/definitions/', '')] ?? {}, root, depth)
  if (allOf !== undefined) return valuesOf(allOf[0] ?? {}, root, depth)
  // Strategies hold strategies: the first choice is the one that ends.
  if (anyOf !== undefined) return fc.oneof(...(depth > 4 ? anyOf.slice(0, 1) : anyOf).map((each) => valuesOf(each, root, depth + 1)))
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  if ('const' in schema) return fc.constant(schema.const)
  if (type === 'boolean') return fc.boolean()
  if (type === 'integer' || type === 'number') return numbersOf(schema)
  if (type === 'string')
    return fc.constantFrom(...texts.filter((text) => schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(text)))
  if (type === 'array') {
    const { minItems = 0, maxItems = Math.max(2, minItems), items = {} } = schema
    return fc.array(valuesOf(items, root, depth + 1), { minLength: minItems, maxLength: maxItems })
  }
  if (type === 'object') return objectsOf(schema, root, depth)
  return fc.constant('anything')
}

function numbersOf({ type, minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Schema): fc.Arbitrary<number> {
  const low = minimum ?? exclusiveMinimum ?? 0
  const high = Math.min(maximum ?? exclusiveMaximum ?? Number.POSITIVE_INFINITY, low + 20_000)
  if (type === 'integer')
    return fc.integer({ min: Math.floor(low) + (minimum === undefined && exclusiveMinimum !== undefined ? 1 : 0), max: high })
  return fc
    .double({ min: low, max: high, noNaN: true })
    .map((value) => Math.round(value * 1_000) / 1_000)
    .filter((value) => value >= low && value <= high && value !== exclusiveMinimum && value !== exclusiveMaximum)
}

function objectsOf(schema: Schema, root: Schema, depth: number): fc.Arbitrary<unknown> {
  const { properties, required = [], additionalProperties, maxProperties, minProperties = 0 } = schema
  if (properties === undefined) {
    const values = valuesOf(typeof additionalProperties === 'object' ? additionalProperties : {}, root, depth + 1)
    return fc.dictionary(fc.constantFrom('a', 'b', 'x-c'), values, { minKeys: minProperties, maxKeys: 3 })
  }
  // A part of the program's own needs the program.
  const known = Object.entries(properties).filter(([name]) => name !== 'custom')
  if (maxProperties === 1) {
    if (known.length === 0) return fc.constant({ custom: 'a part that nobody handed in' })
    return fc.oneof(
      ...(depth > 4 ? known.slice(0, 1) : known).map(([name, each]) => valuesOf(each, root, depth + 1).map((value) => ({ [name]: value }))),
    )
  }
  const model = Object.fromEntries(known.map(([name, each]) => [name, valuesOf(each, root, depth + 1)]))
  return fc.record(model, { requiredKeys: required as never[] }).chain((value) => thinned(value as Record<string, unknown>, required))
}

/** With few of many options: with all of them, they would hardly ever go together. */
function thinned(value: Record<string, unknown>, required: readonly string[]): fc.Arbitrary<unknown> {
  const optional = Object.keys(value).filter((name) => !required.includes(name))
  return fc
    .subarray(optional, { maxLength: Math.min(3, optional.length) })
    .map((kept) => Object.fromEntries(Object.entries(value).filter(([name]) => required.includes(name) || kept.includes(name))))
}

/** The same value with one of its parts replaced, or one more. */
export function spoiled(value: unknown): fc.Arbitrary<unknown> {
  const junk = fc.constantFrom<unknown>(
    null,
    true,
    false,
    -1,
    0,
    1.5,
    1e9,
    '',
    'junk',
    '-3s',
    'Infinity',
    [],
    ['junk'],
    {},
    { junk: 1 },
    { function: 'missing' },
  )
  const choices: fc.Arbitrary<unknown>[] = [junk]
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) choices.push(spoiled(item).map((bad) => value.with(i, bad)))
  } else if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
    for (const [name, inner] of entries) choices.push(spoiled(inner).map((bad) => ({ ...value, [name]: bad })))
    choices.push(fc.constant({ ...value, junk: 1 }))
    if (entries.length > 0) choices.push(fc.constant(Object.fromEntries(entries.slice(1))))
  }
  return fc.oneof(...choices)
}
