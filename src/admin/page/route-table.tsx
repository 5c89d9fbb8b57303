import { circuitWords } from '../endpoint-words.ts'
import { count, perSecond } from '../figures.ts'
import type { RouteOverview } from '../overview.ts'
import { limitTexts } from '../traffic-words.ts'

/** The routes of a service, in the order in which they are tried. */
export function RouteTable({ service, routes }: { service: string; routes: readonly RouteOverview[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="scroll routes" tabIndex={0} aria-label={`Routes of ${service}`}>
      <table>
        <thead>
          <tr>
            <th scope="col">route</th>
            <th scope="col">per second</th>
            <th scope="col">calls</th>
            <th scope="col">failed</th>
            <th scope="col">in flight</th>
            <th scope="col">repeated</th>
            <th scope="col">circuit</th>
            <th scope="col">limits of its own</th>
          </tr>
        </thead>
        <tbody>
          {routes.map((route) => (
            <RouteRow key={route.name} route={route} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function RouteRow({ route }: { route: RouteOverview }) {
  const { name, calls, circuit } = route
  const { tone, state, reasons } = circuitWords(circuit)
  const limits = limitTexts(route).map(([limit, text]) => `${limit}: ${text}`)
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{perSecond(route.perSecond)}</td>
      <td>{count(calls.started)}</td>
      <td class={(route.failuresPerSecond ?? 0) > 0 ? 'failing' : undefined}>{count(calls.failed)}</td>
      <td>{count(calls.inFlight)}</td>
      <td>{count(calls.retried)}</td>
      <td>
        {circuit === undefined ? '–' : <span class={`chip ${tone}`}>{state}</span>}
        {reasons.map((reason) => (
          <small key={reason}>{reason}</small>
        ))}
      </td>
      <td>{limits.join('; ') || '–'}</td>
    </tr>
  )
}
