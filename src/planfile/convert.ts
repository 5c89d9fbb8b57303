import type * as v from 'valibot'
import { printValue } from '../errors/print-value.ts'
import { pathTo } from '../mesh/config-problems.ts'
import { nearestName } from '../mesh/nearest-name.ts'
import { formOf, type JsonSchema } from '../mesh/plan-form.ts'
import { type FileReading, standIn } from './file-reading.ts'
import { type Located, plainOf } from './located.ts'
import { readSecret } from './read-secret.ts'

/**
 * Makes of what stands in a file what the schema of the plan takes: strategies and functions in place of their names, and numbers in place of
 * `Infinity`. It checks nothing but names: that is the schema's task.
 *
 * @param schema what the value is for.
 * @param at the value.
 * @param path where it stands in the file.
 */
export function convert(schema: v.GenericSchema, at: Located, path: string, reading: FileReading): unknown {
  const form = formOf(schema)
  if (form === undefined) return convertByType(schema, at, path, reading)
  switch (form.kind) {
    case 'options':
      return eachEntry(at, path, reading, (name) => (Object.hasOwn(form.entries, name) ? form.entries[name] : undefined))
    case 'by-name':
      return eachEntry(at, path, reading, () => form.schema)
    case 'or-false':
      return at.kind === 'scalar' && at.value === false ? false : convert(form.schema, at, path, reading)
    case 'or-alone':
      return convert(at.kind === 'map' ? form.schema : form.alone, at, path, reading)
    case 'strategy':
      return form.json !== undefined && at.kind === 'scalar' && typeof at.value !== 'string'
        ? at.value
        : reading.makeStrategy(form.of, at, path, reading)
    case 'secret':
      return readSecret(at, form, path, reading)
    case 'value':
      if (form.endless === true && at.kind === 'scalar' && at.value === 'Infinity') return Number.POSITIVE_INFINITY
      return takesFunctions(form.json) ? withFunctions(at, path, reading) : plainOf(at)
  }
}

/** Schemas that valibot itself has, and that say what is within them. */
function convertByType(schema: v.GenericSchema, at: Located, path: string, reading: FileReading): unknown {
  const inner = schema as unknown as {
    readonly type: string
    readonly wrapped?: v.GenericSchema
    readonly item?: v.GenericSchema
    readonly value?: v.GenericSchema
  }
  if (inner.wrapped !== undefined) return convert(inner.wrapped, at, path, reading)
  if (inner.type === 'array' && inner.item !== undefined && at.kind === 'list') {
    const { item } = inner
    return at.items.map((entry, i) => convert(item, entry, pathTo(path, i), reading))
  }
  if (inner.type === 'record' && inner.value !== undefined) return eachEntry(at, path, reading, () => inner.value)
  return withFunctions(at, path, reading)
}

function eachEntry(at: Located, path: string, reading: FileReading, schemaOf: (name: string) => v.GenericSchema | undefined): unknown {
  if (at.kind !== 'map') return plainOf(at)
  const entries = [...at.entries].map(([name, { value }]) => {
    const schema = schemaOf(name)
    return [name, schema === undefined ? plainOf(value) : convert(schema, value, pathTo(path, name), reading)] as const
  })
  return Object.fromEntries(entries)
}

/** Whether a function may stand in a value, or nothing is known of it. */
function takesFunctions(json: JsonSchema): boolean {
  return Object.keys(json).every((key) => key === 'description') || JSON.stringify(json).includes('"#/definitions/function"')
}

/** The plain value, with `{ function: name }` replaced by what the program has of that name. */
function withFunctions(at: Located, path: string, reading: FileReading): unknown {
  if (at.kind === 'scalar') return at.value
  if (at.kind === 'list') return at.items.map((item, i) => withFunctions(item, pathTo(path, i), reading))
  const named = at.entries.get('function')
  if (at.entries.size !== 1 || named?.value.kind !== 'scalar' || typeof named.value.value !== 'string') {
    return Object.fromEntries([...at.entries].map(([name, { value }]) => [name, withFunctions(value, pathTo(path, name), reading)]))
  }
  const table: Readonly<Record<string, unknown>> = reading.parts.functions ?? {}
  const name = named.value.value
  if (Object.hasOwn(table, name)) return table[name]
  reading.problems.push({ path: pathTo(path, 'function'), expected: oneOfTable('functions', table, name), received: printValue(name) })
  return standIn
}

/** What a message says that a name from one of the program's tables should have been. */
export function oneOfTable(tableName: string, table: Readonly<Record<string, unknown>>, wrong: string): string {
  const names = Object.keys(table)
  const nearest = nearestName(wrong, names)
  if (names.length === 0) return `a name among the ${tableName} that the program hands in, which are none`
  return `one of the ${tableName} that the program hands in: ${names.join(', ')}${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`
}
