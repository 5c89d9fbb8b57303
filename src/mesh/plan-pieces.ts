/**
 * The small schemas of which the schema of a plan is made. The message of a schema is what a problem says after "expected".
 */
import * as v from 'valibot'
import { type Duration, durationExpectation, readDuration } from '../runtime/duration.ts'
import { nearestName } from './nearest-name.ts'

/** A value that passes a test. */
export function thing<T>(expected: string, test: (value: unknown) => boolean) {
  return v.custom<T>(test, expected)
}

/** Text that is not empty. */
export function text(expected = 'text that is not empty') {
  return thing<string>(expected, (value) => typeof value === 'string' && value !== '')
}

/** `true` or `false`. */
export function flag() {
  return thing<boolean>('true or false', (value) => typeof value === 'boolean')
}

/** A function. */
export function callable<T>(expected: string) {
  return thing<T>(expected, (value) => typeof value === 'function')
}

/** One of some words. */
export function oneOf<const Word extends string>(words: readonly Word[]) {
  return thing<Word>(`one of ${words.map((word) => `'${word}'`).join(', ')}`, (value) => words.includes(value as Word))
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

/** A whole number. */
export function integer(interval: Interval) {
  return thing<number>(
    `an integer in ${printInterval(interval)}`,
    (value) =>
      typeof value === 'number' && inInterval(value, interval) && (Number.isSafeInteger(value) || value === Number.POSITIVE_INFINITY),
  )
}

/** A number, with a fraction or without. */
export function number(interval: Interval) {
  return thing<number>(`a number in ${printInterval(interval)}`, (value) => typeof value === 'number' && inInterval(value, interval))
}

/** A duration; it comes out as a number of milliseconds. */
export function duration(interval: Interval) {
  const expected = `${durationExpectation}, in ${printInterval(interval, ' ms')}`
  return v.pipe(
    thing<Duration>(expected, (value) => {
      const ms = readDuration(value)
      return ms !== undefined && inInterval(ms, interval)
    }),
    v.transform((value) => readDuration(value) as number),
  )
}

/** `false`, or what a schema lets through. */
export function orFalse<const S extends v.GenericSchema>(schema: S) {
  return v.lazy(
    (input): v.GenericSchema<unknown, false | v.InferOutput<S>> =>
      input === false ? v.literal(false) : (schema as v.GenericSchema<unknown, v.InferOutput<S>>),
  )
}

/** Whether a value is an object of plain data, as options are. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/**
 * An object of options. A name that does not exist is a problem, too; an option that is `undefined` was not given, and stays out of the
 * result, so that two plans that say the same are equal.
 */
export function options<const Entries extends v.ObjectEntries>(entries: Entries) {
  const names = Object.keys(entries)
  const nothing = Object.fromEntries(names.map((name) => [name, undefined]))
  return v.pipe(
    v.custom<Record<string, unknown>>(isPlainObject, `an object of options (${names.join(', ')})`),
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
