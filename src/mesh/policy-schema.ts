import * as v from 'valibot'
import type { Policy } from '../policies/policy.ts'
import { withForm } from './plan-form.ts'

/** The policies of a service. They are values with methods, so they are looked at and passed on, not copied. */
export const policySchema = v.pipe(
  withForm(
    v.custom<Policy>((value) => typeof value === 'object' && value !== null, 'a policy: an object with name, scope and layer'),
    { kind: 'strategy', of: 'policy' },
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const policy = dataset.value as unknown as Record<string, unknown>
    const wrong = (key: string, message: string) =>
      addIssue({ message, input: policy[key], path: [{ type: 'object', origin: 'value', input: policy, key, value: policy[key] }] })
    if (typeof policy.name !== 'string' || policy.name === '') wrong('name', 'text that is not empty')
    if (policy.scope !== 'call' && policy.scope !== 'attempt') wrong('scope', "one of 'call', 'attempt'")
    if (typeof policy.layer !== 'function') wrong('layer', 'a function from a host to a layer')
  }),
)
