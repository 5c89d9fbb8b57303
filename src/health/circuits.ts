import type { Outcome } from '../call/outcome.ts'
import { isSoft, type Verdict } from '../call/verdict.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { MeshError } from '../errors/mesh-error.ts'
import type { Host } from '../runtime/host.ts'
import type { Random } from '../runtime/random.ts'
import type { AttemptWatcher } from './attempt-watcher.ts'
import { Circuit } from './circuit.ts'
import { type CircuitSettings, circuitSettings } from './circuit-options.ts'
import type { CircuitSnapshot, ForcedCircuit } from './circuit-snapshot.ts'
import type { HealthBoard } from './health-board.ts'
import type { ProbeDesk, ProbeJudge } from './probe-desk.ts'

/** What the circuits of endpoints work with. */
export interface CircuitsMeans {
  readonly host: Host
  readonly random: Random
  readonly board: HealthBoard
  readonly probes: ProbeDesk
}

/** The name under which circuits note their findings on the board. */
const judge = 'circuit'

/**
 * The circuits of a service's endpoints.
 *
 * An endpoint has none until its first failure, or its first slow reply: an endpoint that does well costs a comparison for each attempt, no
 * memory and no timer. An open circuit is a finding on the board, so balancers do not see the endpoint, and no call is fired at a circuit to
 * be refused. When too many are open, routing's panic puts them all back into use; what their attempts then come to does not close them,
 * only the probe does. That is exactly one attempt, asked for at the desk when the open time is over.
 */
export class Circuits implements AttemptWatcher, ProbeJudge {
  readonly name = judge
  readonly #means: CircuitsMeans
  readonly #circuits = new Map<Endpoint, Circuit>()
  /** Attempts at endpoints that are gone end later; they must not bring a circuit back that nobody would ever take away. */
  readonly #gone = new WeakSet<Endpoint>()
  #settings: CircuitSettings | undefined

  /** @param means see {@link CircuitsMeans}. */
  constructor(means: CircuitsMeans) {
    this.#means = means
  }

  /** How many endpoints have a circuit. */
  get count(): number {
    return this.#circuits.size
  }

  /**
   * Puts other settings in force; every circuit that is not forced begins anew.
   *
   * @param settings `undefined` for no circuits.
   */
  configure(settings: CircuitSettings | undefined): void {
    this.#settings = settings
    // A copy: one that is forced comes back at once, and would come up again for ever.
    for (const [endpoint, circuit] of [...this.#circuits]) {
      const { forced, state, enforced } = circuit
      this.#drop(endpoint, circuit)
      const { service, emit } = this.#means.host
      if (state !== 'closed') emit('circuit-closed', { service, endpoint: endpoint.address, enforced })
      if (forced !== undefined) this.force(endpoint, forced)
    }
  }

  /** See {@link AttemptWatcher.answered}. */
  answered(endpoint: Endpoint, verdict: Verdict, latencyMs: number, _outcome: Outcome): void {
    const settings = this.#settings
    const circuits = this.#circuits
    const failed = verdict.kind === 'failure'
    if (circuits.size === 0 && (settings === undefined || (!failed && latencyMs <= settings.slowCallMs))) return
    if (verdict.kind === 'ignored') return
    const soft = isSoft(verdict)
    let circuit = circuits.get(endpoint)
    if (circuit === undefined) {
      if (settings === undefined || soft || (!failed && latencyMs <= settings.slowCallMs) || this.#gone.has(endpoint)) return
      circuit = this.#make(endpoint, settings)
    }
    const at = this.#means.host.clock.now()
    const startedAt = at - latencyMs
    if (circuit.state === 'closed' && !soft) circuit.count(failed, latencyMs, startedAt, at)
    // Nobody is kept away from it, so any attempt is the probe. A closed one has none.
    else if (!circuit.enforced && startedAt >= circuit.changedAt && circuit.beginProbe()) circuit.probed(!failed)
  }

  /** See {@link AttemptWatcher.bodyOver}. */
  bodyOver(endpoint: Endpoint, verdict: Verdict, spoiled: MeshError | undefined, startedAt: number): void {
    if (this.#circuits.size === 0 && spoiled === undefined) return
    if (spoiled === undefined && verdict.kind !== 'success') return
    let circuit = this.#circuits.get(endpoint)
    if (circuit === undefined) {
      if (spoiled === undefined || this.#settings === undefined || this.#gone.has(endpoint)) return
      circuit = this.#make(endpoint, this.#settings)
      // The head was a success when it came, and nobody counted it.
      circuit.count(false, 0, startedAt, this.#means.host.clock.now())
    }
    if (spoiled === undefined) circuit.bodyWell(startedAt)
    else circuit.bodyBroke(startedAt, this.#means.host.clock.now())
  }

  /** See {@link ProbeJudge.probed}. */
  probed(endpoint: Endpoint, verdict: Verdict): void {
    const circuit = this.#circuits.get(endpoint)
    if (circuit?.beginProbe()) circuit.probed(verdict.kind !== 'failure')
  }

  /** Forces the circuit of an endpoint, or lets it go its own way again. */
  force(endpoint: Endpoint, forced: ForcedCircuit | undefined): void {
    const circuit = this.#circuits.get(endpoint)
    if (forced !== undefined) (circuit ?? this.#make(endpoint, this.#settings ?? circuitSettings())).force(forced)
    else if (circuit?.forced !== undefined) {
      circuit.force(undefined)
      this.#drop(endpoint, circuit)
    }
  }

  /** An endpoint is gone. */
  forget(endpoint: Endpoint): void {
    this.#gone.add(endpoint)
    const circuit = this.#circuits.get(endpoint)
    if (circuit !== undefined) this.#drop(endpoint, circuit)
  }

  /** The service is gone. */
  close(): void {
    this.#settings = undefined
    for (const [endpoint, circuit] of this.#circuits) this.#drop(endpoint, circuit)
  }

  /** What is known about the circuit of an endpoint; `undefined` if it has none. */
  snapshot(endpoint: Endpoint): CircuitSnapshot | undefined {
    return this.#circuits.get(endpoint)?.snapshot()
  }

  #make(endpoint: Endpoint, settings: CircuitSettings): Circuit {
    const { clock } = this.#means.host
    const circuit = new Circuit({
      settings,
      clock,
      draw: () => this.#means.random.next(),
      changed: (changed) => this.#changed(endpoint, changed),
      unseen: Math.max(0, endpoint.attempts - 1),
    })
    this.#circuits.set(endpoint, circuit)
    return circuit
  }

  #drop(endpoint: Endpoint, circuit: Circuit): void {
    circuit.dispose()
    this.#circuits.delete(endpoint)
    this.#means.probes.withdraw(endpoint, this)
    this.#means.board.note(endpoint, judge, undefined)
  }

  #changed(endpoint: Endpoint, circuit: Circuit): void {
    const { host, board, probes } = this.#means
    const { state, enforced } = circuit
    const told = { service: host.service, endpoint: endpoint.address, enforced }
    if (state !== 'half-open') probes.withdraw(endpoint, this)
    board.note(endpoint, judge, state !== 'closed' && enforced ? 'unhealthy' : undefined)
    if (state === 'open') {
      const { reason = 'forced' } = circuit
      host.emit('circuit-opened', { ...told, reason, openForMs: circuit.openForMs })
    } else if (state === 'half-open') {
      if (enforced) probes.ask(endpoint, this, circuit.settings.probeTimeoutMs)
      host.emit('circuit-half-open', told)
    } else host.emit('circuit-closed', told)
  }
}
