import * as v from 'valibot'
import { type AdmissionOptions, admissionDefaults } from '../policies/admission/admission-options.ts'
import { callable, duration, integer, number, options } from './plan-pieces.ts'

/** What `.admission(...)` takes. */
export const admissionSchema = options({
  factor: v.optional(number({ from: 1 }), admissionDefaults.factor),
  window: v.optional(duration({ from: 100 }), admissionDefaults.window),
  minimumCalls: v.optional(integer({ from: 0 }), admissionDefaults.minimumCalls),
  maxShare: v.optional(number({ from: 0, to: 1 }), admissionDefaults.maxShare),
  aggression: v.optional(number({ from: 1 }), admissionDefaults.aggression),
  overloaded: v.optional(
    callable<NonNullable<AdmissionOptions['overloaded']>>('a function from an outcome to true or false'),
    () => admissionDefaults.overloaded,
  ),
  enforce: v.optional(number({ from: 0, to: 1 }), admissionDefaults.enforce),
} satisfies { readonly [K in keyof AdmissionOptions]-?: v.GenericSchema })

/** {@link AdmissionOptions} in a finished plan: the window in milliseconds. */
export interface AdmissionPlan extends Required<AdmissionOptions> {
  /** See {@link AdmissionOptions.window}. */
  readonly window: number
}
