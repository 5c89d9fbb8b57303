import * as v from 'valibot'
import { type MirrorOptions, type MirrorSubset, mirrorDefaults } from '../policies/mirror/mirror-options.ts'
import { tokenInFile, tokenPattern } from './plan-form.ts'
import { duration, flag, integer, isPlainObject, number, options, orAlone, orFalse, text, thing } from './plan-pieces.ts'

type SchemaOf<T> = { readonly [K in keyof T]-?: v.GenericSchema }

const headerName = () =>
  thing<string>('the name of a header', (value) => typeof value === 'string' && tokenPattern.test(value), tokenInFile)

const hostEnd = /^[\w.-]*$/

const subset = options({
  service: v.optional(text('the name of a service')),
  subset: v.pipe(
    thing<Readonly<Record<string, string>>>(
      'an object of labels, at least one, each with its value',
      (value) => isPlainObject(value) && Object.keys(value).length > 0 && Object.values(value).every((entry) => typeof entry === 'string'),
      { type: 'object', minProperties: 1, additionalProperties: { type: 'string' } },
    ),
    v.transform((labels) => Object.freeze({ ...labels })),
  ),
} satisfies SchemaOf<MirrorSubset>)

const to = orAlone(subset, text("the name of a service, or { service, subset: { label: 'value' } }"))

/** What `.mirror(...)` takes. */
export const mirrorSchema = options({
  to,
  share: v.optional(number({ from: 0, to: 1 }), mirrorDefaults.share),
  maxInFlight: v.optional(integer({ from: 1 }), mirrorDefaults.maxInFlight),
  maxBodyBytes: v.optional(integer({ from: 0 }), mirrorDefaults.maxBodyBytes),
  deadline: v.optional(duration({ from: 0, above: true }), mirrorDefaults.deadline),
  retry: v.optional(flag(), mirrorDefaults.retry),
  header: v.optional(orFalse(headerName()), mirrorDefaults.header),
  hostSuffix: v.optional(
    thing<string>("letters, digits, dots and dashes, such as '-shadow'", (value) => typeof value === 'string' && hostEnd.test(value), {
      type: 'string',
      pattern: hostEnd.source,
    }),
    mirrorDefaults.hostSuffix,
  ),
  dropHeaders: v.optional(
    v.pipe(
      thing<readonly string[]>(
        'a list of names of headers',
        (value) => Array.isArray(value) && value.every((name) => typeof name === 'string' && tokenPattern.test(name)),
        { type: 'array', items: tokenInFile },
      ),
      v.transform((names) => Object.freeze([...names])),
    ),
  ),
} satisfies SchemaOf<MirrorOptions>)
