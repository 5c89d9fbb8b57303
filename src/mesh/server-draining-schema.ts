import * as v from 'valibot'
import { type ServerDrainingOptions, serverDrainingDefaults } from '../health/server-draining-options.ts'
import { duration, options, orFalse } from './plan-pieces.ts'

/** What a plan may say about servers that announce their own health. */
export const serverDrainingSchema = orFalse(
  options({
    hold: v.optional(duration({ from: 0, above: true }), serverDrainingDefaults.hold),
  } satisfies { readonly [K in keyof Required<ServerDrainingOptions>]: v.GenericSchema }),
)
