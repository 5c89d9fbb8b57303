import type { CircuitSnapshot } from '../health/circuit-snapshot.ts'
import { span } from './figures.ts'
import type { EndpointOverview, ServiceOverview } from './overview.ts'

/** How well something is: for colours and order. */
export type Tone = 'good' | 'warn' | 'bad' | 'off'

/** The state of something in a word or two, and why it is so. */
export interface Words {
  readonly tone: Tone
  readonly state: string
  readonly reasons: readonly string[]
}

/** The state of an endpoint. */
export function endpointWords(endpoint: EndpointOverview): Words {
  const { ejection, circuit, check, findings, health } = endpoint
  const reasons: string[] = []
  if (ejection !== undefined) {
    const back = Number(ejection.forMs) === Number.POSITIVE_INFINITY ? 'until readmitted' : backIn(Number(ejection.forMs))
    const times = ejection.times > 1 ? `, ${ejection.times} times` : ''
    reasons.push(`ejected: ${ejection.rule}${times}, ${back}`)
  }
  if (circuit !== undefined && (circuit.state !== 'closed' || circuit.forced !== undefined)) reasons.push(circuitText(circuit))
  if (check?.state !== undefined && check.state !== 'healthy') reasons.push(`health check: ${check.reason}`)
  if (findings.drained !== undefined) reasons.push('drained by hand')
  if (findings.discovery !== undefined) reasons.push(`discovery says ${findings.discovery}`)
  if (findings.announced !== undefined) reasons.push(`says itself that it is ${findings.announced}`)
  const state = (word: string, tone: Tone): Words => ({ tone, state: word, reasons })
  if (findings.drained !== undefined) return state('draining', 'off')
  if (ejection !== undefined) return state('ejected', 'bad')
  if (circuit?.enforced !== false && circuit?.state === 'open') return state('circuit open', 'bad')
  if (circuit?.enforced !== false && circuit?.state === 'half-open') return state('probing', 'warn')
  if (health === 'healthy') return state('healthy', 'good')
  return state(health, health === 'degraded' ? 'warn' : 'bad')
}

/** The circuit of a service. */
export function circuitWords(circuit: CircuitSnapshot | undefined): Words {
  if (circuit === undefined) return { tone: 'off', state: 'none', reasons: [] }
  const tone = circuit.state === 'closed' ? 'good' : circuit.state === 'open' && circuit.enforced ? 'bad' : 'warn'
  const reasons = circuit.state !== 'closed' || circuit.forced !== undefined ? [circuitText(circuit)] : []
  return { tone, state: circuit.forced === undefined ? circuit.state : `${circuit.state}, forced`, reasons }
}

/** A service as a whole. */
export function serviceWords(service: ServiceOverview): Words {
  const { state, endpoints, circuit, lastError } = service
  const reasons = lastError === undefined ? [] : [`resolver: ${lastError}`]
  if (state !== 'resolved') return { tone: state === 'unresolved' ? 'warn' : 'bad', state, reasons }
  const ill = endpoints.filter(({ health }) => health !== 'healthy').length
  if (circuit?.state === 'open' && circuit.enforced)
    return { tone: 'bad', state: 'circuit open', reasons: [...reasons, circuitText(circuit)] }
  if (service.tiers.some(({ panic }) => panic))
    return { tone: 'bad', state: 'panic', reasons: [...reasons, 'too few endpoints are fit: all are used'] }
  if (ill === 0) return { tone: reasons.length > 0 ? 'warn' : 'good', state: 'healthy', reasons }
  return { tone: ill === endpoints.length ? 'bad' : 'warn', state: `${ill} of ${endpoints.length} not healthy`, reasons }
}

function circuitText({ state, forced, reason, retryAfterMs, enforced }: CircuitSnapshot): string {
  const by = forced === undefined ? (reason === undefined ? '' : `: ${reason}`) : `: forced to ${forced}`
  const after = state === 'open' && Number.isFinite(Number(retryAfterMs ?? Number.NaN)) ? `, ${backIn(Number(retryAfterMs))}` : ''
  return `circuit ${state}${by}${after}${enforced ? '' : ' (only observed)'}`
}

function backIn(ms: number): string {
  return ms > 0 ? `tried again in ${span(ms)}` : 'waits for its probe'
}
