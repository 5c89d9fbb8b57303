import type { OtelApi } from './otel-api.ts'
import { remoteSpan, rootContext, withSpan } from './trace-context.ts'

type Propagation = NonNullable<OtelApi['propagation']>

/** What OpenTelemetry calls its propagators. */
const names = Object.freeze({ several: 'CompositePropagator', trace: 'W3CTraceContextPropagator', baggage: 'W3CBaggagePropagator' })

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'

/**
 * Whether a propagator is OpenTelemetry's own for W3C Trace Context, alone or with the one for baggage: then it is known what it writes for a
 * context without baggage, and that it does nothing else.
 *
 * It has to be one by its name and by what it does. A propagator of the program's own is asked each time, also one that writes the same headers:
 * it may write them for some servers only. So is one whose name a bundler took away.
 *
 * @param propagation what an SDK has registered.
 */
export function isPlainW3c(propagation: Propagation): boolean {
  const parts = partsOf(propagation)
  return parts !== undefined && parts.filter((part) => isNamed(part, names.trace)).length === 1 && writesParent(propagation)
}

/** The propagators that one is made of; `undefined` when there is one among them that is not known here. */
function partsOf(propagation: Propagation): readonly object[] | undefined {
  const parts = isNamed(propagation, names.several) ? (propagation as { _propagators?: unknown })._propagators : [propagation]
  if (!Array.isArray(parts)) return undefined
  return parts.every((part) => isNamed(part, names.trace) || isNamed(part, names.baggage)) ? parts : undefined
}

/** An `inject` of its own is one that somebody put there. */
function isNamed(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && value.constructor?.name === name && !Object.hasOwn(value, 'inject')
}

function writesParent(propagation: Propagation): boolean {
  const written: string[] = []
  const state = { serialize: () => 'a=1' }
  const context = withSpan(rootContext, remoteSpan({ traceId, spanId, traceFlags: 1, traceState: state }))
  const setter = { set: (list: string[], name: string, value: string) => void list.push(name, value) }
  try {
    propagation.inject(context, written, setter)
  } catch {
    return false
  }
  return written.join(' ') === `traceparent 00-${traceId}-${spanId}-01 tracestate a=1`
}
