import type { Call } from '../call/call.ts'
import type { ExplainedPolicy } from './explanation.ts'
import type { ServiceFacts } from './service-facts.ts'

const notCopied = {
  marked: 'it is a copy itself',
  'in-flight': 'as many copies as may be are under way',
  'no-target': 'the service that gets copies is not there',
  closed: 'the mirror is closed',
} as const

/** Whether a mirror would copy a call. */
export function explainMirror(call: Call, { parts: { mirror } }: ServiceFacts): readonly ExplainedPolicy[] {
  if (mirror === undefined) return []
  const { to, share, against } = mirror.peek(call)
  const name = 'mirror'
  if (against !== undefined) return [{ name, does: 'sees', detail: `not copied to ${to}: ${notCopied[against]}` }]
  return [
    {
      name,
      does: 'sees',
      detail: share === 0 ? `never copied to ${to}` : `copied to ${to}${share < 1 ? ` with a chance of ${share}` : ''}`,
    },
  ]
}

/** Whether the attempts of a call would get faults. */
export function explainFaults(call: Call, { parts: { fault } }: ServiceFacts): readonly ExplainedPolicy[] {
  if (fault === undefined) return []
  const name = 'faults'
  const { fits, asked, shares, places } = fault.peek(call)
  if (!fault.allowed) return [{ name, does: 'sees', detail: 'off: not allowed in production' }]
  if (!fault.enabled) return [{ name, does: 'sees', detail: 'off' }]
  if (!fits) return [{ name, does: 'sees', detail: 'on, but not for this call' }]
  if (asked !== undefined) return [{ name, does: 'sees', detail: `asked for by its header: ${asked}` }]
  const told = Object.entries(shares).map(([kind, share]) => `${kind} with a chance of ${share}`)
  const where = places.length === 0 ? '' : `, only at ${places.join(', ')}`
  return [{ name, does: 'sees', detail: `on: ${told.join(', ') || 'none but by header'}${where}` }]
}
