import type { AdminAction } from '../admin-action.ts'
import { endpointWords } from '../endpoint-words.ts'
import { count, latency, percent, perSecond } from '../figures.ts'
import type { EndpointOverview } from '../overview.ts'
import { limitText } from '../traffic-words.ts'

interface EndpointRowProps {
  readonly service: string
  readonly endpoint: EndpointOverview
  readonly act: ((action: AdminAction, done: string) => void) | undefined
}

const barWidth = 56

/** One endpoint. */
export function EndpointRow({ service, endpoint, act }: EndpointRowProps) {
  const { address, zone, labels, share } = endpoint
  const { tone, state, reasons } = endpointWords(endpoint)
  const place = [zone, ...Object.entries(labels).map(([name, value]) => `${name}=${value}`)].filter((text) => text !== '')
  return (
    <tr class={tone}>
      <th scope="row" class="address">
        {address}
        {place.length > 0 && <small>{place.join(' · ')}</small>}
      </th>
      <td class="state">
        <span class={`chip ${tone}`}>{state}</span>
        {reasons.map((reason) => (
          <small key={reason}>{reason}</small>
        ))}
      </td>
      <td class="share">
        <svg class="bar" width={barWidth} height="8" aria-hidden="true">
          <rect class="track" width={barWidth} height="8" rx="2" />
          <rect width={Math.max(share > 0 ? 2 : 0, share * barWidth)} height="8" rx="2" />
        </svg>
        {percent(share)}
      </td>
      <td>{perSecond(endpoint.perSecond)}</td>
      <td class={(endpoint.failuresPerSecond ?? 0) > 0 ? 'failing' : undefined}>
        {count(endpoint.failures)}
        {(endpoint.failuresPerSecond ?? 0) > 0 && <small>{perSecond(endpoint.failuresPerSecond)}/s</small>}
      </td>
      <td>{latency(endpoint.latency?.p50Ms)}</td>
      <td>{latency(endpoint.latency?.p99Ms)}</td>
      <td>
        {count(endpoint.inFlight)}
        {endpoint.limit !== undefined && <small>of {limitText(endpoint.limit)}</small>}
      </td>
      {act !== undefined && <RowActions service={service} endpoint={endpoint} act={act} />}
    </tr>
  )
}

function RowActions({
  service,
  endpoint: { address, ejection, findings, circuit },
  act,
}: EndpointRowProps & { act: NonNullable<EndpointRowProps['act']> }) {
  const isOut = ejection !== undefined || findings.drained !== undefined
  const isForced = circuit?.forced !== undefined
  const target = { service, endpoint: address }
  const button = (text: string, action: AdminAction, done: string) => (
    <button type="button" onClick={() => act(action, done)}>
      {text} <span class="hidden">{address}</span>
    </button>
  )
  return (
    <td>
      <div class="buttons">
        {isOut && button('Readmit', { action: 'readmit', ...target }, `${address} is readmitted.`)}
        {!isOut && button('Drain', { action: 'drain', ...target }, `${address} drains.`)}
        {!isOut && button('Eject', { action: 'eject', ...target }, `${address} is ejected until it is readmitted.`)}
        {isForced
          ? button('Release circuit', { action: 'circuit', ...target, state: 'free' }, `The circuit of ${address} goes its own way again.`)
          : button('Open circuit', { action: 'circuit', ...target, state: 'open' }, `The circuit of ${address} is forced open.`)}
      </div>
    </td>
  )
}
