import type { ComponentChildren } from 'preact'
import type { AdminAction } from '../admin-action.ts'
import type { Tone } from '../endpoint-words.ts'
import { count, percent } from '../figures.ts'
import type { ServiceOverview } from '../overview.ts'
import { faultCounts, faultWords, mirrorText, quotaWords, splitWords, versionsOf } from '../traffic-words.ts'
import { RouteTable } from './route-table.tsx'

interface TrafficPartsProps {
  readonly service: ServiceOverview
  readonly act: ((action: AdminAction, done: string) => void) | undefined
}

/** What a service does with its calls beside balancing them: routes, versions, copies, faults, a shared quota. What it has not takes no room. */
export function TrafficParts({ service, act }: TrafficPartsProps) {
  const quota = service.rateLimit?.quota
  return (
    <>
      {service.split !== undefined && <SplitPart service={service.name} split={service.split} act={act} />}
      {service.fault !== undefined && <FaultPart service={service.name} fault={service.fault} act={act} />}
      {service.mirror !== undefined && (
        <Part title="Mirror" service={service.name} tone={service.mirror.failed > 0 ? 'warn' : 'good'} state={`to ${service.mirror.to}`}>
          <p class="facts">{mirrorText(service.mirror)}</p>
        </Part>
      )}
      {quota !== undefined && (
        <Part title="Quota" service={service.name} tone={quotaWords(quota).tone} state={quota.outage ? 'out of reach' : 'shared'}>
          <p class="facts">{quotaWords(quota).reasons.join(', ')}</p>
        </Part>
      )}
      {service.routes.length > 0 && <RouteTable service={service.name} routes={service.routes} />}
    </>
  )
}

interface PartProps {
  readonly title: string
  readonly service: string
  readonly tone: Tone
  readonly state: string
  readonly children: ComponentChildren
}

function Part({ title, service, tone, state, children }: PartProps) {
  const id = `${title.toLowerCase()}-${service}`
  return (
    <section class="part" aria-labelledby={id}>
      <h3 id={id}>
        {title} <span class="hidden">of {service}</span>
      </h3>
      <span class={`chip ${tone}`}>{state}</span>
      {children}
    </section>
  )
}

function SplitPart({
  service,
  split,
  act,
}: {
  service: string
  split: NonNullable<ServiceOverview['split']>
  act: TrafficPartsProps['act']
}) {
  const { tone, state, reasons } = splitWords(split)
  const isAborted = split.state === 'aborted'
  const abort = (): void =>
    act?.({ action: 'abort-split', service }, `The split of ${service} is aborted: all calls go to ${split.stable}.`)
  const resume = (): void => act?.({ action: 'resume-split', service }, `The split of ${service} goes on.`)
  return (
    <Part title="Split" service={service} tone={tone} state={state}>
      <ul class="versions">
        {versionsOf(split).map(([name, { share, calls, elsewhere, window }]) => (
          <li key={name}>
            <strong>{name}</strong> {percent(share)}
            <small>
              {count(calls)} calls{elsewhere > 0 && `, ${count(elsewhere)} taken by others`}
              {window !== undefined && window.calls > 0 && `, ${percent(window.failures / window.calls)} failed lately`}
              {name === split.stable && ', stable'}
            </small>
          </li>
        ))}
      </ul>
      {split.state !== 'steady' && (
        <progress value={split.progress} max={1} aria-label={`Ramp of ${service}`}>
          {percent(split.progress)}
        </progress>
      )}
      {reasons.length > 0 && <p class={isAborted ? 'problem' : 'facts'}>{reasons.join('; ')}</p>}
      {act !== undefined && (
        <button type="button" onClick={isAborted ? resume : abort}>
          {isAborted ? 'Resume split' : 'Abort split'} <span class="hidden">of {service}</span>
        </button>
      )}
    </Part>
  )
}

function FaultPart({
  service,
  fault,
  act,
}: {
  service: string
  fault: NonNullable<ServiceOverview['fault']>
  act: TrafficPartsProps['act']
}) {
  const { tone, state, reasons } = faultWords(fault)
  const { enabled, allowed } = fault
  const turn = (): void =>
    act?.({ action: 'fault', service, on: !enabled }, `The faults of ${service} are switched ${enabled ? 'off' : 'on'}.`)
  return (
    <Part title="Faults" service={service} tone={tone} state={state}>
      <p class="facts">{[faultCounts(fault), ...reasons].join('; ')}</p>
      {act !== undefined && (
        <button type="button" disabled={!allowed} onClick={turn}>
          {enabled ? 'Switch faults off' : 'Switch faults on'} <span class="hidden">for {service}</span>
        </button>
      )}
    </Part>
  )
}
