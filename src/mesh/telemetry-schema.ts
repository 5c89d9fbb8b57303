import * as v from 'valibot'
import { type AccessLogOptions, isAccessLogTarget, templateFields, unknownFields } from '../telemetry/access-log-options.ts'
import { logLevels } from '../telemetry/logger.ts'
import { type TelemetryOptions, type TelemetrySettings, telemetryDefaults, telemetrySettings } from '../telemetry/telemetry-options.ts'
import { type TraceFormat, traceFormats } from '../telemetry/trace-format.ts'
import { number, oneOf, options, thing } from './plan-pieces.ts'

const formats = `'auto', or a list of ${traceFormats.map((name) => `'${name}'`).join(', ')}`

/** How calls are written to an access log. */
const accessLogSchema = options({
  to: thing<AccessLogOptions['to']>(`a logger (${logLevels.join(', ')}) or a function that takes a line`, isAccessLogTarget),
  format: v.optional(
    thing<string>(
      `'json', or a template with the fields ${templateFields.map((name) => `{${name}}`).join(', ')}`,
      (value) => typeof value === 'string' && value !== '' && unknownFields(value).length === 0,
    ),
  ),
  sample: v.optional(number({ from: 0, to: 1 })),
  level: v.optional(oneOf(logLevels)),
} satisfies { readonly [K in keyof Required<AccessLogOptions>]: v.GenericSchema })

/** How a mesh is traced. */
export const telemetrySchema = options({
  propagate: v.optional(
    thing<'auto' | readonly TraceFormat[]>(
      formats,
      (value) => value === 'auto' || (Array.isArray(value) && value.every((name) => traceFormats.includes(name as TraceFormat))),
    ),
    telemetryDefaults.propagate,
  ),
  callSpan: v.optional(oneOf(['when-needed', 'always', 'never']), telemetryDefaults.callSpan),
  redact: v.optional(
    thing<readonly string[]>(
      'a list of names of query parameters',
      (value) => Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== ''),
    ),
  ),
  accessLog: v.optional(accessLogSchema),
} satisfies { readonly [K in keyof Required<TelemetryOptions>]: v.GenericSchema })

/** What the option `telemetry` of a mesh comes to; `undefined` for no tracing. */
export function telemetrySettingsOf(given: TelemetryOptions | false | undefined): TelemetrySettings | undefined {
  return given === false ? undefined : telemetrySettings(given)
}
