import type { BodyListener } from '../../call/body-feed.ts'
import type { Call } from '../../call/call.ts'
import type { Layer, Send } from '../../call/layer.ts'
import { failed, type Outcome } from '../../call/outcome.ts'
import { type Verdict, verdicts } from '../../call/verdict.ts'
import { MeshError } from '../../errors/mesh-error.ts'

/** How a call got past the circuit; the circuit knows what it means. */
interface Admission {
  readonly startedAt: number
}

/** The circuit of a service, as the layer before it needs it. */
export interface ServiceCircuit<A extends Admission = Admission> {
  /** Whether there is a circuit. */
  readonly active: boolean
  /** Admits a call, or says why not. */
  enter(call: Call): A | MeshError
  /** A call that was admitted is over, as far as the head of its reply. */
  left(admission: A, verdict: Verdict): void
  /** The body of a reply that was a success is over. */
  bodyOver(startedAt: number, broken: boolean): void
}

/** Hears how a body ends. */
class BodyWatch implements BodyListener {
  readonly #circuit: ServiceCircuit
  readonly #startedAt: number

  constructor(circuit: ServiceCircuit, startedAt: number) {
    this.#circuit = circuit
    this.#startedAt = startedAt
  }

  bodyOver(error: MeshError | undefined): void {
    if (error?.code === 'ABORTED') return
    this.#circuit.bodyOver(this.#startedAt, error !== undefined)
  }
}

/**
 * Refuses calls while the circuit of their service is open: with `CIRCUIT_OPEN`, at once, before a retry is spent, a permit of an endpoint is
 * taken or the body is touched. Otherwise it tells the circuit how calls end: a call with its retries counts once, as its last attempt was
 * judged. A call of which no attempt was made, or whose caller left, says nothing.
 *
 * @param circuit the circuit; it may come and go while the layer is in use.
 * @returns a layer that surrounds a call and its retries.
 */
export function serviceBreaker<A extends Admission>(circuit: ServiceCircuit<A>): Layer<Call> {
  return (next) => (call) => (circuit.active ? guarded(circuit, call, next) : next(call))
}

async function guarded<A extends Admission>(circuit: ServiceCircuit<A>, call: Call, next: Send<Call>): Promise<Outcome> {
  const admission = circuit.enter(call)
  if (MeshError.is(admission)) return failed(admission)
  const before = call.spent.length
  let verdict: Verdict = verdicts.ignored
  try {
    const outcome = await next(call)
    verdict = verdictOf(call, before, outcome)
    if (outcome.ok && verdict.kind === 'success') outcome.reply.body.whenOver(new BodyWatch(circuit as ServiceCircuit, admission.startedAt))
    return outcome
  } finally {
    circuit.left(admission, verdict)
  }
}

function verdictOf(call: Call, before: number, outcome: Outcome): Verdict {
  if (call.spent.length <= before) return verdicts.ignored
  if (!outcome.ok && (outcome.error.code === 'ABORTED' || outcome.error.code === 'BODY_FAILED')) return verdicts.ignored
  return (call.spent[call.spent.length - 1] as { readonly verdict: Verdict }).verdict
}
