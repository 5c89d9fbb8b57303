/** What `mesh(...)` takes, and what a plan says beside its services. */
import * as v from 'valibot'
import type { Clock } from '../runtime/clock.ts'
import { isProduction } from '../runtime/production.ts'
import type { Random } from '../runtime/random.ts'
import { systemClock } from '../runtime/system-clock.ts'
import { type MeshOptions, meshDefaults } from './mesh-options.ts'
import { metricsSchema } from './metrics-schema.ts'
import type { MeshPlanInput } from './plan.ts'
import { flag, isPlainObject, oneOf, options, orFalse, text, thing } from './plan-pieces.ts'
import { recordsSchema } from './records-schema.ts'
import { telemetrySchema } from './telemetry-schema.ts'

/** Whether a value has methods of these names. */
function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  return (
    typeof value === 'object' && value !== null && names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
  )
}

const name = v.optional(text(), meshDefaults.name)
const outbound = v.optional(oneOf(['passthrough', 'registered-only']), meshDefaults.outbound)

/** What `mesh(...)` takes. */
export const meshOptionsSchema = options({
  name,
  outbound,
  clock: v.optional(
    thing<Clock>('a clock, with now, wallTime and schedule', (value) => hasMethods(value, 'now', 'wallTime', 'schedule')),
    () => systemClock,
  ),
  random: v.optional(thing<Random>('a source of chance, with next and fork', (value) => hasMethods(value, 'next', 'fork'))),
  transport: v.optional(
    thing<NonNullable<MeshOptions['transport']>>(
      'a transport, with send and close, or a part that makes one',
      (value) => typeof value === 'function' || hasMethods(value, 'send', 'close'),
    ),
  ),
  telemetry: v.optional(orFalse(telemetrySchema)),
  production: v.optional(flag(), isProduction),
  records: v.optional(orFalse(recordsSchema)),
  metrics: v.optional(orFalse(metricsSchema)),
} satisfies { readonly [K in keyof Required<MeshOptions>]: v.GenericSchema })

/** A plan without a look into its services. */
export const planSchema = options({
  name,
  outbound,
  services: thing<Record<string, unknown>>('an object of services by name', isPlainObject),
} satisfies { readonly [K in keyof Required<MeshPlanInput>]: v.GenericSchema })
