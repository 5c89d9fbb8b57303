/** How the matches and rewrites of routes are written in a file, for editors and validators. */
import { type JsonSchema, tokenInFile } from './plan-form.ts'

/** Headers that say how long a request is, or how it is carried: whoever carries it writes them. */
export const carriers: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** What may stand in the value of a header. */
export const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/

// Without \p{Cc}, which not every editor knows: the characters of a path, as `RouteMatch` has them.
const character = '[^?#\\s\\u0000-\\u001f\\u007f-\\u009f]'
const inSegment = '[^/?#\\s\\u0000-\\u001f\\u007f-\\u009f]'

const path: JsonSchema = { type: 'string', pattern: `^/${character}*$` }

// Segments such as :id, none twice, and '*' as the last alone.
const parameterTwice = '(?!.*/(:[A-Za-z_][A-Za-z0-9_]*)/(?:.*/)?\\1(?:/|$))'
const pathPattern: JsonSchema = {
  type: 'string',
  pattern: `^${parameterTwice}(?:/(?::[A-Za-z_][A-Za-z0-9_]*|(?!:|\\*/)${inSegment}*))+$`,
}

function alone(name: string, value: JsonSchema): JsonSchema {
  return { type: 'object', required: [name], properties: { [name]: value }, additionalProperties: false }
}

/** Which paths a route is for. */
export const pathMatchInFile: JsonSchema = { anyOf: [path, alone('prefix', path), alone('pattern', pathPattern)] }

/** One method, or several. */
export const methodInFile: JsonSchema = { anyOf: [tokenInFile, { type: 'array', minItems: 1, items: tokenInFile }] }

/** What must hold of values by name; `names` says what the names are. */
export function valuesInFile(names: JsonSchema): JsonSchema {
  const text = { type: 'string' }
  const value = { anyOf: [text, { type: 'array', minItems: 1, items: text }, alone('prefix', text), { type: 'boolean' }] }
  return { type: 'object', ...(Object.keys(names).length > 0 && { propertyNames: names }), additionalProperties: value }
}

/** A path in place of another, or of its beginning. */
export const newPathInFile: JsonSchema = { anyOf: [pathPattern, alone('prefix', path)] }

// JSON Schema has no flag for a pattern in which case does not count.
const anyCase = [...carriers].map((name) => name.replaceAll(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`)).join('|')

/** The name of a header that a rewrite may change. */
export const freeHeaderInFile: JsonSchema = { ...tokenInFile, not: { pattern: `^(?:${anyCase})$` } }

/** Headers that a rewrite sets. */
export const newHeadersInFile: JsonSchema = {
  type: 'object',
  propertyNames: freeHeaderInFile,
  additionalProperties: { type: 'string', pattern: headerValue.source },
}
