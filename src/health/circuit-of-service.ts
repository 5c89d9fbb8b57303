import type { Call } from '../call/call.ts'
import { isSoft, type Verdict, verdicts } from '../call/verdict.ts'
import { MeshError } from '../errors/mesh-error.ts'
import type { Timer } from '../runtime/clock.ts'
import type { Host } from '../runtime/host.ts'
import type { Random } from '../runtime/random.ts'
import { Circuit } from './circuit.ts'
import { type CircuitSettings, circuitSettings, serviceCircuitDefaults } from './circuit-options.ts'
import type { CircuitState, ForcedCircuit, ServiceCircuitSnapshot } from './circuit-snapshot.ts'

/** How a call got past the circuit; hand it back when the call is over. */
export interface Admission {
  /** Monotonic time, in milliseconds. */
  readonly startedAt: number
  /** The circuit that admitted it, if there was one; what it looks like by then may be another matter. */
  readonly circuit: Circuit | undefined
  /** See {@link Circuit.epoch}. */
  readonly epoch: number
  /** The timer of the probe that the call is, if it is one. */
  probe: Timer | undefined
}

const background = Object.freeze({ background: true })

const words = {
  'consecutive-failures': 'too many calls in a row failed',
  'failure-share': 'too many calls failed',
  'slow-share': 'too many calls were slow',
  'probe-failed': 'the last probe failed',
  forced: 'it is forced open',
} as const

/** The circuit of a service as a whole. While it is open, calls are refused before anything of them is spent or sent. */
export class CircuitOfService {
  readonly #host: Host
  readonly #random: Random
  #settings: CircuitSettings | undefined
  #circuit: Circuit | undefined
  #refused = 0
  #unenforcedRefusals = 0

  /**
   * @param host the service.
   * @param random for jitter and for `enforce`.
   */
  constructor(host: Host, random: Random) {
    this.#host = host
    this.#random = random
  }

  /** Whether there is a circuit; a call to a service that has none need not ask. */
  get active(): boolean {
    return this.#circuit !== undefined
  }

  /** See {@link CircuitState}; `closed` if there is none. */
  get state(): CircuitState {
    return this.#circuit?.state ?? 'closed'
  }

  /**
   * Puts other settings in force; a circuit that is not forced begins anew.
   *
   * @param settings `undefined` for no circuit.
   */
  configure(settings: CircuitSettings | undefined): void {
    const before = this.#circuit
    const forced = before?.forced
    this.close()
    if (before !== undefined && before.state !== 'closed') {
      this.#host.emit('circuit-closed', { service: this.#host.service, endpoint: undefined, enforced: before.enforced })
    }
    this.#settings = settings
    if (settings !== undefined) this.#circuit = this.#make(settings)
    if (forced !== undefined) this.force(forced)
  }

  /** Forces the circuit, also that of a service which has none by its settings, or lets it go its own way again. */
  force(forced: ForcedCircuit | undefined): void {
    if (forced !== undefined) this.#circuit ??= this.#make(circuitSettings(undefined, serviceCircuitDefaults))
    if (this.#circuit?.forced !== forced) this.#circuit?.force(forced)
    if (forced === undefined && this.#settings === undefined) this.close()
  }

  /** Admits a call, or says why not. */
  enter(call: Call): Admission | MeshError {
    const circuit = this.#circuit
    const startedAt = this.#host.clock.now()
    const admission: Admission = { startedAt, circuit, epoch: circuit?.epoch ?? 0, probe: undefined }
    if (circuit === undefined || circuit.state === 'closed') return admission
    if (circuit.beginProbe()) {
      const { probeTimeoutMs } = circuit.settings
      admission.probe = this.#host.clock.schedule(probeTimeoutMs, () => endProbe(admission, verdicts.retryNever), background)
      return admission
    }
    const { enforced } = circuit
    const retryAfterMs = circuit.retryAfterMs(startedAt)
    if (enforced) this.#refused += 1
    else this.#unenforcedRefusals += 1
    this.#host.emit('circuit-refused', { service: this.#host.service, retryAfterMs, enforced })
    return enforced ? this.#refusal(call, circuit, retryAfterMs) : admission
  }

  /** A call that was admitted is over, as far as the head of its reply. */
  left(admission: Admission, verdict: Verdict): void {
    const { startedAt, circuit, probe } = admission
    if (probe !== undefined) {
      probe.cancel()
      endProbe(admission, verdict)
    } else if (circuit !== undefined && verdict.kind !== 'ignored' && !isSoft(verdict)) {
      const at = this.#host.clock.now()
      circuit.count(verdict.kind === 'failure', at - startedAt, startedAt, at)
    }
  }

  /** The body of a reply that was a success is over. */
  bodyOver(startedAt: number, broken: boolean): void {
    if (broken) this.#circuit?.bodyBroke(startedAt, this.#host.clock.now())
    else this.#circuit?.bodyWell(startedAt)
  }

  /** What is known about it; `undefined` if there is none. */
  snapshot(): ServiceCircuitSnapshot | undefined {
    const circuit = this.#circuit?.snapshot()
    return circuit && { ...circuit, refused: this.#refused, unenforcedRefusals: this.#unenforcedRefusals }
  }

  /** The circuit is not needed any more. */
  close(): void {
    this.#circuit?.dispose()
    this.#circuit = undefined
  }

  #make(settings: CircuitSettings): Circuit {
    const { clock } = this.#host
    return new Circuit({ settings, clock, draw: () => this.#random.next(), changed: (circuit) => this.#changed(circuit), unseen: 0 })
  }

  #changed(circuit: Circuit): void {
    const { service, emit } = this.#host
    const { state, enforced, reason = 'forced' } = circuit
    const told = { service, endpoint: undefined, enforced }
    if (state === 'open') emit('circuit-opened', { ...told, reason, openForMs: circuit.openForMs })
    else emit(state === 'half-open' ? 'circuit-half-open' : 'circuit-closed', told)
  }

  #refusal({ service }: Call, circuit: Circuit, retryAfterMs: number): MeshError {
    const since = new Date(circuit.openSince).toISOString()
    const next =
      circuit.state === 'half-open'
        ? 'a probe is under way'
        : retryAfterMs === Number.POSITIVE_INFINITY
          ? 'until somebody lets it close'
          : `try again in ${Math.ceil(retryAfterMs)} ms`
    const message = `the circuit is open since ${since} (${words[circuit.reason ?? 'forced']}): ${next}`
    return new MeshError('CIRCUIT_OPEN', message, { service, sent: false, retryAfterMs })
  }
}

/** Ends the probe that a call is: by its verdict or by the timer, whichever comes first. */
function endProbe(admission: Admission, verdict: Verdict): void {
  const { circuit, epoch } = admission
  // Somebody may have forced the circuit meanwhile, and another probe may be under way.
  if (circuit?.epoch !== epoch) return
  if (verdict.kind === 'ignored') circuit.unprobed()
  else circuit.probed(verdict.kind === 'success')
}
