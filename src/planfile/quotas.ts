/** What a file says of a quota that processes share through Redis. */
import * as v from 'valibot'
import { withForm } from '../mesh/plan-form.ts'
import { duration, integer, oneOf, options, text, thing } from '../mesh/plan-pieces.ts'
import { type QuotaOptions, quotaDefaults } from '../policies/limit/quota-options.ts'

const url = withForm(
  thing<string>('the URL of a Redis', (value) => typeof value === 'string' && value !== ''),
  // It may hold a password. What stands in for one that is not looked for is not connected to: the plan is only checked then.
  { kind: 'secret', list: false, what: 'the URL of a Redis', unread: 'redis://127.0.0.1' },
)

/** What `quotas.redis` of the program takes; that is `quota` of `proxyless/quota`, which this package must not load by itself. */
export const quotaSchema = options({
  redis: url,
  name: text('the name that whoever shares the quota says'),
  onOutage: v.optional(oneOf(['local-share', 'refuse', 'allow']), quotaDefaults.onOutage),
  processes: v.optional(integer({ from: 1 }), quotaDefaults.processes),
  timeout: v.optional(duration({ from: 0, above: true }), quotaDefaults.timeout),
} satisfies { readonly [K in keyof QuotaOptions]-?: v.GenericSchema })
