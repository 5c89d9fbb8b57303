import type { HashOn } from '../balancing/hash-on.ts'
import { functionInFile, type JsonSchema } from './plan-form.ts'
import { isPlainObject, thing } from './plan-pieces.ts'

const kinds = ['header', 'cookie', 'query']

function isSource(value: unknown): boolean {
  if (value === 'path' || value === 'key' || typeof value === 'function') return true
  if (!isPlainObject(value)) return false
  const { terminal = false, ...kind } = value
  const [[name, what] = [], ...others] = Object.entries(kind)
  return others.length === 0 && kinds.includes(String(name)) && typeof what === 'string' && what !== '' && typeof terminal === 'boolean'
}

const source: JsonSchema = {
  anyOf: [
    { enum: ['path', 'key'] },
    ...kinds.map((kind) => ({
      type: 'object',
      required: [kind],
      properties: { [kind]: { type: 'string', minLength: 1 }, terminal: { type: 'boolean' } },
      additionalProperties: false,
    })),
    functionInFile,
  ],
}

/** What of a call is hashed. */
export const hashOn = thing<HashOn>(
  "{ header: name }, { cookie: name }, { query: name }, 'path', 'key', a function of the call, or a list of these",
  (value) => isSource(value) || (Array.isArray(value) && value.length > 0 && value.every(isSource)),
  { anyOf: [source, { type: 'array', minItems: 1, items: source }] },
)
