import type { Balancer } from '../balancing/balancer.ts'
import type { Call } from '../call/call.ts'
import { defaultClassifier } from '../call/default-classifier.ts'
import { compose, type Send } from '../call/layer.ts'
import { type Endpoint, RosterEndpoint } from '../endpoint/endpoint.ts'
import { readEndpointAddress } from '../endpoint/endpoint-address.ts'
import { MeshError } from '../errors/mesh-error.ts'
import type { Destination } from '../fetch/destination.ts'
import { HealthBoard } from '../health/health-board.ts'
import { inherit } from '../inbound/inherit.ts'
import { deadline } from '../policies/timeout/deadline.ts'
import type { DirectoryView } from '../routing/directory-view.ts'
import { Router } from '../routing/router.ts'
import type { Host } from '../runtime/host.ts'
import { accessLog } from '../telemetry/access-log.ts'
import type { MeshMetrics } from '../telemetry/mesh-metrics.ts'
import { ServiceTracing } from '../telemetry/service-tracing.ts'
import type { TelemetrySettings } from '../telemetry/telemetry-options.ts'
import type { Transport } from '../transport/transport.ts'
import { CallGate } from './call-gate.ts'
import { CallLedger } from './call-ledger.ts'
import { closeCarefully, retireCarefully } from './careful-transport.ts'
import { hearBoth } from './hear-both.ts'
import { portNumber } from './host-table.ts'
import type { ServiceWitness } from './service-witness.ts'
import type { PassthroughSnapshot } from './snapshot.ts'

/** What a {@link Passthrough} works with. */
export interface PassthroughParts {
  /** The mesh. */
  readonly host: Host
  /** Carries every attempt. */
  readonly transport: Transport
  /** Whether the transport is to be closed with the passthrough. */
  readonly ownsTransport: boolean
  /** How many origins are remembered. */
  readonly limit: number
  /** How calls are traced; `undefined` for not at all. */
  readonly telemetry: TelemetrySettings | undefined
  /** Sees how calls end, and tells of them. */
  readonly teller: ServiceWitness
  /** What is counted for metrics; `undefined` for nothing. */
  readonly metrics?: MeshMetrics | undefined
}

/** One origin that no service declares. */
class Origin implements Destination {
  readonly service: string
  readonly deadlineMs = Number.POSITIVE_INFINITY
  readonly authority = undefined
  readonly outside = true
  readonly endpoint: Endpoint
  readonly gate: CallGate
  readonly teller: ServiceWitness
  readonly send: Send<Call>

  constructor(endpoint: Endpoint, host: Host, { transport, telemetry, teller, metrics }: PassthroughParts, ledger: CallLedger) {
    this.service = host.service
    this.teller = teller
    const tracing = telemetry === undefined ? undefined : new ServiceTracing(telemetry, host, () => 0, false)
    this.endpoint = endpoint
    const router = new Router({
      host,
      directory: soleEndpoint(endpoint),
      health: new HealthBoard(),
      balancer: noChoice,
      classify: defaultClassifier,
      send: tracing === undefined ? transport.send : tracing.attempt(tracing.wire(transport.send)),
      judged: hearBoth(tracing?.judged, metrics?.passthroughOf(host).attempts.judged),
      broke: teller.broke,
    })
    // A deadline of the call's own is kept, and a caller that leaves is let go at once. Nothing else stands in the way.
    this.gate = new CallGate(
      compose(
        [...accessLog(telemetry, host), inherit(host), ...(tracing === undefined ? [] : [tracing.call]), deadline(host)],
        router.send,
      ),
      ledger,
      teller,
      metrics?.passthroughOf(host).calls,
    )
    this.send = this.gate.send
  }
}

const noChoice: Balancer = Object.freeze({
  name: 'passthrough',
  picker: ([only]: readonly Endpoint[]) => ({ pick: () => only }),
})

function soleEndpoint(endpoint: Endpoint): DirectoryView {
  return Object.freeze({
    state: 'resolved',
    endpoints: Object.freeze([endpoint]),
    version: 1,
    lastError: undefined,
    settled: () => Promise.resolve(),
    refresh: () => {},
  })
}

/**
 * Carries calls to hosts that no service declares: straight out, without balancing, retries or a default deadline. Each origin keeps its
 * host name, which the operating system resolves, and its connections. The number of origins is bounded: the longest unused one that is
 * idle goes first.
 */
export class Passthrough {
  readonly #parts: PassthroughParts
  readonly #ledger = new CallLedger()
  /** In the order of their last use. */
  readonly #origins = new Map<string, Origin>()
  #newest: Origin | undefined

  /** @param parts see {@link PassthroughParts}. */
  constructor(parts: PassthroughParts) {
    this.#parts = parts
  }

  /** The way to an origin. */
  find(protocol: 'http:' | 'https:', hostname: string, port: string): Destination | MeshError {
    const key = `${protocol}//${hostname}:${portNumber(protocol, port)}`
    const known = this.#origins.get(key)
    if (known !== undefined && known === this.#newest) return known
    const origin = known ?? this.#open(key, port === '' ? hostname : `${hostname}:${port}`)
    if (MeshError.is(origin)) return origin
    this.#origins.delete(key)
    this.#origins.set(key, origin)
    this.#newest = origin
    if (this.#origins.size > this.#parts.limit) this.#forgetOne()
    return origin
  }

  /** What is going on, as plain data. */
  snapshot(): PassthroughSnapshot {
    const endpoints = [...this.#origins.values()].map(({ endpoint }) => endpoint)
    return { origins: this.#origins.size, calls: this.#ledger.snapshot(), metrics: this.#parts.metrics?.passthrough?.snapshot(endpoints) }
  }

  /**
   * Lets calls end, then closes the connections.
   *
   * @param graceMs how long the calls may take, in milliseconds.
   */
  async retire(graceMs: number): Promise<void> {
    const { host, transport, ownsTransport } = this.#parts
    const { clock } = host
    const endsAt = clock.now() + graceMs
    await Promise.all([...this.#origins.values()].map((origin) => origin.gate.drained(clock, graceMs, false)))
    if (ownsTransport) await closeCarefully(transport, Math.max(0, endsAt - clock.now()), host)
  }

  #open(address: string, service: string): Origin | MeshError {
    const parts = readEndpointAddress(address, false)
    if (parts === undefined)
      return new MeshError('INVALID_CALL', 'expected a host that can be connected to', { service, sent: false, field: 'url' })
    return new Origin(new RosterEndpoint(parts), { ...this.#parts.host, service }, this.#parts, this.#ledger)
  }

  #forgetOne(): void {
    for (const [key, origin] of this.#origins) {
      if (origin.gate.inFlight > 0 || origin === this.#newest) continue
      this.#origins.delete(key)
      retireCarefully(this.#parts.transport, origin.endpoint, this.#parts.host)
      return
    }
  }
}
