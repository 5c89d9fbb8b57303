import type { HashOn } from '../balancing/hash-on.ts'
import { functionInFile, type JsonSchema, tokenInFile, tokenPattern } from './plan-form.ts'
import { isPlainObject, thing } from './plan-pieces.ts'

const kinds = ['header', 'cookie', 'query']

function isSource(value: unknown): boolean {
  if (value === 'path' || value === 'client' || value === 'key' || typeof value === 'function') return true
  if (!isPlainObject(value)) return false
  const { terminal = false, ...kind } = value
  const [[name, what] = [], ...others] = Object.entries(kind)
  return others.length === 0 && kinds.includes(String(name)) && isNameOf(String(name), what) && typeof terminal === 'boolean'
}

/** A header or a cookie of another name is never there, and nobody would find out why. */
function isNameOf(kind: string, name: unknown): boolean {
  return typeof name === 'string' && (kind === 'query' ? name !== '' : tokenPattern.test(name))
}

const source: JsonSchema = {
  anyOf: [
    { enum: ['path', 'client', 'key'] },
    ...kinds.map((kind) => ({
      type: 'object',
      required: [kind],
      properties: { [kind]: kind === 'query' ? { type: 'string', minLength: 1 } : tokenInFile, terminal: { type: 'boolean' } },
      additionalProperties: false,
    })),
    functionInFile,
  ],
}

/** What of a call is hashed. */
export const hashOn = thing<HashOn>(
  "{ header: name }, { cookie: name }, { query: name }, 'path', 'client', 'key', a function of the call, or a list of these",
  (value) => isSource(value) || (Array.isArray(value) && value.length > 0 && value.every(isSource)),
  { anyOf: [source, { type: 'array', minItems: 1, items: source }] },
)
