import type { EventLine } from '../overview.ts'

/** The last events, newest first. */
export function EventsView({ events }: { events: readonly EventLine[] }) {
  if (events.length === 0) return <p class="empty">Nothing happened yet: no ejection, no circuit opened, no new plan.</p>
  return (
    <section aria-labelledby="events">
      <h2 id="events">Events</h2>
      <ol class="events">
        {events.map(({ number, at, service, event, text }) => (
          <li key={number}>
            <time dateTime={new Date(at).toISOString()}>{new Date(at).toLocaleTimeString('en-GB')}</time>
            <strong>{service ?? 'mesh'}</strong>
            <span class="kind">{event}</span>
            <span>{text}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}
