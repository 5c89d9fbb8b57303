/**
 * The small schemas of which the schema of a plan is made. The message of a schema is what a problem says after "expected".
 */
import * as v from 'valibot'
import { type Duration, durationExpectation, readDuration } from '../runtime/duration.ts'
import { nearestName } from './nearest-name.ts'
import { functionInFile, type JsonSchema, type PlanForm, withForm } from './plan-form.ts'

/**
 * A value that passes a test.
 *
 * @param json how it is written in a file, see `plan-form.ts`; without it, files may say anything that passes, and editors complete nothing.
 */
export function thing<T>(expected: string, test: (value: unknown) => boolean, json?: JsonSchema) {
  return noted(v.custom<T>(test, expected), expected, json === undefined ? undefined : { kind: 'value', json })
}

/** Notes the form of a schema, with what is expected as its description. */
function noted<S extends object>(schema: S, expected: string, form: PlanForm | undefined): S {
  if (form === undefined) return withForm(schema, { kind: 'value', json: { description: expected } })
  return withForm(schema, form.kind === 'value' ? { ...form, json: { description: expected, ...form.json } } : form)
}

/** A strategy; in a file it is given by name. */
export function strategy<T>(of: Extract<PlanForm, { kind: 'strategy' }>['of'], expected: string) {
  return withForm(
    v.custom<T>((value) => typeof value === 'function', expected),
    { kind: 'strategy', of },
  )
}

/** Text that is not empty. */
export function text(expected = 'text that is not empty') {
  return thing<string>(expected, (value) => typeof value === 'string' && value !== '', { type: 'string', minLength: 1 })
}

/** `true` or `false`. */
export function flag() {
  return thing<boolean>('true or false', (value) => typeof value === 'boolean', { type: 'boolean' })
}

/** A function. */
export function callable<T>(expected: string) {
  return thing<T>(expected, (value) => typeof value === 'function', functionInFile)
}

/** One of some words. */
export function oneOf<const Word extends string>(words: readonly Word[]) {
  return thing<Word>(`one of ${words.map((word) => `'${word}'`).join(', ')}`, (value) => words.includes(value as Word), { enum: words })
}

/** Where a number must lie; an interval is open at an end that is infinite. */
export interface Interval {
  readonly from: number
  /** Whether `from` itself is left out. */
  readonly above?: boolean
  readonly to?: number
  /** Whether `Infinity` is meant, for "no limit". */
  readonly endless?: boolean
}

function inInterval(value: number, { from, above = false, to = Number.POSITIVE_INFINITY, endless = false }: Interval): boolean {
  if (value === Number.POSITIVE_INFINITY) return endless
  return (above ? value > from : value >= from) && value <= to
}

function printInterval({ from, above = false, to = Number.POSITIVE_INFINITY, endless = false }: Interval, unit = ''): string {
  const end = Number.isFinite(to) ? `${to}${unit}]` : endless ? 'Infinity]' : 'Infinity)'
  return `${above ? '(' : '['}${from}${unit}, ${end}`
}

/** An interval in JSON Schema. JSON has no `Infinity`; files write it as text. */
function intervalForm(
  type: 'integer' | 'number',
  { from, above = false, to, endless = false }: Interval,
  ...others: JsonSchema[]
): PlanForm {
  const limit = to !== undefined && Number.isFinite(to) ? to : type === 'integer' ? Number.MAX_SAFE_INTEGER : undefined
  const numbers = { type, [above ? 'exclusiveMinimum' : 'minimum']: from, ...(limit !== undefined && { maximum: limit }) }
  const choices = [numbers, ...others, ...(endless ? [{ const: 'Infinity' }] : [])]
  return { kind: 'value', json: choices.length === 1 ? numbers : { anyOf: choices }, endless }
}

/** A whole number. */
export function integer(interval: Interval) {
  const expected = `an integer in ${printInterval(interval)}`
  const schema = v.custom<number>(
    (value) =>
      typeof value === 'number' && inInterval(value, interval) && (Number.isSafeInteger(value) || value === Number.POSITIVE_INFINITY),
    expected,
  )
  return noted(schema, expected, intervalForm('integer', interval))
}

/** A number, with a fraction or without. */
export function number(interval: Interval) {
  const expected = `a number in ${printInterval(interval)}`
  const schema = v.custom<number>((value) => typeof value === 'number' && inInterval(value, interval), expected)
  return noted(schema, expected, intervalForm('number', interval))
}

const durationText = '[0-9]+(\\.[0-9]+)?(ms|s|m|h)$'

/**
 * A duration; it comes out as a number of milliseconds.
 *
 * @param orElse what a message says that may stand in its place.
 */
export function duration(interval: Interval, orElse = '') {
  const expected = `${durationExpectation}, in ${printInterval(interval, ' ms')}${orElse}`
  const schema = v.custom<Duration>((value) => {
    const ms = readDuration(value)
    return ms !== undefined && inInterval(ms, interval)
  }, expected)
  // A pattern can tell 0 from the rest; other limits of a text are for the reader to check.
  const pattern = interval.above || interval.from > 0 ? `^(?=[0-9.]*[1-9])${durationText}` : `^${durationText}`
  return v.pipe(
    noted(schema, expected, intervalForm('number', interval, { type: 'string', pattern })),
    v.transform((value) => readDuration(value) as number),
  )
}

/** `false`, or what a schema lets through. */
export function orFalse<const S extends v.GenericSchema>(schema: S) {
  const either = v.lazy(
    (input): v.GenericSchema<unknown, false | v.InferOutput<S>> =>
      input === false ? v.literal(false) : (schema as v.GenericSchema<unknown, v.InferOutput<S>>),
  )
  return withForm(either, { kind: 'or-false', schema })
}

/** Options, or a value alone that stands for them. */
export function orAlone<const S extends v.GenericSchema, const Alone extends v.GenericSchema>(schema: S, alone: Alone) {
  type Either = v.GenericSchema<unknown, v.InferOutput<S> | v.InferOutput<Alone>>
  const either = v.lazy((input): Either => (isPlainObject(input) ? schema : alone) as Either)
  return withForm(either, { kind: 'or-alone', schema, alone })
}

/** Whether it is a list of texts: whatever else stands in an unchecked plan may not even be printable. */
export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
}

/** Whether a value is an object of plain data, as options are. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Says of each entry of an object or a list what is wrong with it, where it stands. */
export function eachEntry<T>(expectedOf: (name: string, entry: unknown) => string | undefined) {
  return v.rawCheck<T>(({ dataset, addIssue }) => {
    if (!dataset.typed || typeof dataset.value !== 'object') return
    const input = dataset.value as Record<string, unknown>
    for (const [name, value] of Object.entries(input)) {
      const message = expectedOf(name, value)
      const key = Array.isArray(input) ? Number(name) : name
      if (message !== undefined)
        addIssue({ message, input: value, path: [{ type: 'object', origin: 'value', input, key: key as string, value }] })
    }
  })
}

/** An object of values by names of any kind, which valibot's own record would also take from a list. */
export function byName<const S extends v.GenericSchema>(schema: S, expected: string) {
  const given = v.custom<Record<string, unknown>>(isPlainObject, expected)
  return v.pipe(withForm(given, { kind: 'by-name', schema }), v.record(v.string(), schema, expected))
}

/**
 * An object of options. A name that does not exist is a problem, too; an option that is `undefined` was not given, and stays out of the
 * result, so that two plans that say the same are equal.
 */
export function options<const Entries extends v.ObjectEntries>(entries: Entries) {
  const names = Object.keys(entries)
  const nothing = Object.fromEntries(names.map((name) => [name, undefined]))
  const given = v.custom<Record<string, unknown>>(isPlainObject, `an object of options (${names.join(', ')})`)
  return v.pipe(
    withForm(given, { kind: 'options', entries: entries as unknown as Record<string, v.GenericSchema> }),
    // An option that is not there is put to its schema as `undefined`, so that it is the schema's message which tells what is missing.
    v.transform((given) => ({ ...nothing, ...given })),
    v.looseObject(entries),
    v.rawCheck(({ dataset, addIssue }) => {
      const input = dataset.value as Record<string, unknown>
      for (const key of Object.keys(input)) {
        if (Object.hasOwn(entries, key) || input[key] === undefined) continue
        const nearest = nearestName(key, names)
        addIssue({
          input: key,
          message: `one of the options ${names.join(', ')}${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`,
          path: [{ type: 'object', origin: 'key', input, key, value: input[key] }],
        })
      }
    }),
    v.transform((given) => {
      const kept = Object.entries(given).filter(([, value]) => value !== undefined)
      return Object.freeze(Object.fromEntries(kept)) as v.InferOutput<v.ObjectSchema<Entries, undefined>>
    }),
  )
}
