import * as v from 'valibot'
import { type RecordsOptions, type RecordsSettings, recordsDefaults, recordsSettings } from '../records/records-options.ts'
import { duration, integer, number, options } from './plan-pieces.ts'

/** Which calls leave a record. */
export const recordsSchema = options({
  keep: v.optional(integer({ from: 0, to: 100_000 }), recordsDefaults.keep),
  slowest: v.optional(integer({ from: 0, to: 1_000 }), recordsDefaults.slowest),
  window: v.optional(duration({ from: 1 }), recordsDefaults.window),
  sample: v.optional(number({ from: 0, to: 1 }), recordsDefaults.sample),
  perSecond: v.optional(integer({ from: 1, endless: true }), recordsDefaults.perSecond),
} satisfies { readonly [K in keyof Required<RecordsOptions>]: v.GenericSchema })

/** What the option `records` of a mesh comes to; `undefined` for none. */
export function recordsSettingsOf(given: RecordsOptions | false | undefined): RecordsSettings | undefined {
  return given === false ? undefined : recordsSettings(given)
}
