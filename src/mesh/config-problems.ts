import * as v from 'valibot'
import type { ConfigProblem } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'

const identifier = /^[A-Za-z_$][\w$-]*$/

/** Goes one step further along a path: `services` and `orders` make `services.orders`. */
export function pathTo(path: string, key: unknown): string {
  if (typeof key === 'number') return `${path}[${key}]`
  const name = String(key)
  if (!identifier.test(name)) return `${path}[${JSON.stringify(name)}]`
  return path === '' ? name : `${path}.${name}`
}

/** What a schema made of a value. */
export interface Checked<T> {
  /** The finished value, when there are no problems. */
  readonly value: T | undefined
  readonly problems: readonly ConfigProblem[]
}

/** Not left to valibot's own defaults: a program may have changed those for itself. */
const allProblems = { abortEarly: false, abortPipeEarly: false } as const

/**
 * Puts a value through a schema.
 *
 * @param schema its messages say what is expected.
 * @param input the value.
 * @param path where the value stands.
 */
export function check<Schema extends v.GenericSchema>(schema: Schema, input: unknown, path: string): Checked<v.InferOutput<Schema>> {
  const result = v.safeParse(schema, input, allProblems)
  if (result.success) return { value: result.output, problems: [] }
  const problems = result.issues.map((issue) => ({
    path: (issue.path ?? []).reduce((parent, item) => pathTo(parent, item.key), path),
    expected: issue.message,
    received: printValue(issue.input),
  }))
  return { value: undefined, problems }
}
