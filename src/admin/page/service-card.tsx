import type { ComponentChildren } from 'preact'
import type { AdminAction } from '../admin-action.ts'
import { circuitWords, serviceWords } from '../endpoint-words.ts'
import { count, latency, perSecond } from '../figures.ts'
import type { ServiceOverview } from '../overview.ts'
import { limitTexts } from '../traffic-words.ts'
import { EndpointTable } from './endpoint-table.tsx'
import { Sparkline } from './sparkline.tsx'
import { TrafficParts } from './traffic-parts.tsx'

interface ServiceCardProps {
  readonly service: ServiceOverview
  readonly rates: readonly number[]
  readonly act: ((action: AdminAction, done: string) => void) | undefined
}

/** One service. */
export function ServiceCard({ service, rates, act }: ServiceCardProps) {
  const { name, resolver, balancer, calls } = service
  const words = serviceWords(service)
  const id = `service-${name}`
  return (
    <section class="service" aria-labelledby={id}>
      <div class="title">
        <h2 id={id}>{name}</h2>
        <span class={`chip ${words.tone}`}>{words.state}</span>
        <span class="facts">
          {resolver} · {balancer}
        </span>
        <Sparkline values={rates} />
      </div>
      {words.reasons.map((reason) => (
        <p key={reason} class="problem">
          {reason}
        </p>
      ))}
      <dl class="figures">
        <Figure name="calls/s">{perSecond(service.perSecond)}</Figure>
        <Figure name="failed/s" tone={(service.failuresPerSecond ?? 0) > 0 ? 'bad' : undefined}>
          {perSecond(service.failuresPerSecond)}
        </Figure>
        <Figure name="p50">{latency(service.latency?.p50Ms)}</Figure>
        <Figure name="p99">{latency(service.latency?.p99Ms)}</Figure>
        <Figure name="in flight">{count(calls.inFlight)}</Figure>
        <Figure name="calls">{count(calls.started)}</Figure>
        <Figure name="failed" tone={calls.failed > 0 ? 'bad' : undefined}>
          {count(calls.failed)}
        </Figure>
        <Figure name="repeated">{count(calls.retried)}</Figure>
        <Figure name="retry budget">
          {service.retryBudget.left === undefined ? 'no limit' : count(Math.floor(service.retryBudget.left))}
        </Figure>
        <Figure name="ejections">{count(service.ejections.carriedOut)}</Figure>
        <Circuit service={service} />
        {limitTexts(service).map(([limit, text]) => (
          <Figure key={limit} name={limit}>
            {text}
          </Figure>
        ))}
      </dl>
      {act !== undefined && <ServiceActions service={service} act={act} />}
      <TrafficParts service={service} act={act} />
      <EndpointTable service={service} act={act} />
    </section>
  )
}

function Figure({ name, tone, children }: { name: string; tone?: string | undefined; children: ComponentChildren }) {
  return (
    <div class={tone}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Circuit({ service: { circuit } }: { service: ServiceOverview }) {
  const { state, tone, reasons } = circuitWords(circuit)
  return (
    <div class={tone === 'bad' || tone === 'warn' ? tone : undefined} title={reasons.join('; ')}>
      <dt>circuit</dt>
      <dd>{state}</dd>
    </div>
  )
}

function ServiceActions({ service: { name, circuit }, act }: { service: ServiceOverview; act: NonNullable<ServiceCardProps['act']> }) {
  const isForced = circuit?.forced !== undefined
  const open = (): void => {
    if (confirm(`Open the circuit of ${name}? Every call to it will be refused until the circuit is released.`)) {
      act({ action: 'circuit', service: name, state: 'open' }, `The circuit of ${name} is forced open.`)
    }
  }
  const release = (): void => act({ action: 'circuit', service: name, state: 'free' }, `The circuit of ${name} goes its own way again.`)
  return (
    <div class="buttons">
      <button type="button" onClick={isForced ? release : open}>
        {isForced ? 'Release circuit' : 'Force circuit open'} <span class="hidden">of {name}</span>
      </button>
    </div>
  )
}
