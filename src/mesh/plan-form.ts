import type * as v from 'valibot'

/**
 * What the pieces of a plan's schema look like in a file.
 *
 * A schema tests values with functions, which say nothing of themselves. Each piece therefore notes its form here, and what reads and describes
 * plan files walks the schema of the plan by these notes: a setting that is added to the plan is in the files, too. A piece without a note
 * is taken as any value, and judged by the plan's schema alone.
 */

/** A fragment of JSON Schema, draft 7. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** What can stand behind a setting that takes a strategy. */
export type StrategyKind = 'resolver' | 'balancer' | 'meter' | 'limit' | 'quota' | 'policy'

/** How a piece is written in a file. */
export type PlanForm =
  /** Settings by name. */
  | { readonly kind: 'options'; readonly entries: Readonly<Record<string, v.GenericSchema>> }
  /** Values by names of any kind. */
  | { readonly kind: 'by-name'; readonly schema: v.GenericSchema }
  /** `false`, or what the schema lets through. */
  | { readonly kind: 'or-false'; readonly schema: v.GenericSchema }
  /** Plain data. `endless`: the text `Infinity` stands for the number, which JSON does not have. */
  | { readonly kind: 'value'; readonly json: JsonSchema; readonly endless?: boolean }
  /** A strategy by its name, or else what `json` says. */
  | { readonly kind: 'strategy'; readonly of: StrategyKind; readonly json?: JsonSchema }
  /** Settings by name, as `schema` lets them through, or a value alone, as `alone` does. */
  | { readonly kind: 'or-alone'; readonly schema: v.GenericSchema; readonly alone: v.GenericSchema }
  /** Text that need not stand in the file, or where it is; `list` for several. */
  | {
      readonly kind: 'secret'
      readonly list: boolean
      /** What the text is, for messages. */
      readonly what: string
      /** Stands in for a text that is not looked for. */
      readonly unread?: string
    }

/** A function that the program hands in, by its name. */
export const functionInFile: JsonSchema = Object.freeze({ $ref: '#/definitions/function' })

/** Texts by name. */
export const textsByName: JsonSchema = Object.freeze({ type: 'object', additionalProperties: { type: 'string', minLength: 1 } })

/** The name of a header, a cookie or a method: RFC 9110, section 5.6.2. */
export const tokenPattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** The same in a file. */
export const tokenInFile: JsonSchema = Object.freeze({ type: 'string', pattern: tokenPattern.source })

/** An object with one text, such as `{ header: 'x-tenant' }`. */
export function oneNameInFile(kind: string): JsonSchema {
  return { type: 'object', required: [kind], properties: { [kind]: tokenInFile }, additionalProperties: false }
}

/** A list of at least one text that is not empty. */
export const someTexts: JsonSchema = Object.freeze({ type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } })

const forms = new WeakMap<object, PlanForm>()

/** Notes the form of a schema. */
export function withForm<S extends object>(schema: S, form: PlanForm): S {
  forms.set(schema, form)
  return schema
}

/** The form of a schema, also of one that was put into a pipe since; `undefined` when nothing was noted. */
export function formOf(schema: object): PlanForm | undefined {
  const own = forms.get(schema)
  if (own !== undefined || !('pipe' in schema)) return own
  for (const item of schema.pipe as readonly object[]) {
    const found = item === schema ? undefined : formOf(item)
    if (found !== undefined) return found
  }
  return undefined
}
