import type { AdminAction } from '../admin-action.ts'
import type { Overview } from '../overview.ts'
import type { History } from './history.ts'
import { ServiceCard } from './service-card.tsx'

interface ServicesViewProps {
  readonly overview: Overview
  readonly history: History
  readonly act: (action: AdminAction, done: string) => void
}

/** Every service with its endpoints. */
export function ServicesView({ overview: { services, actions }, history, act }: ServicesViewProps) {
  if (services.length === 0) return <p class="empty">This mesh has no services.</p>
  return (
    <>
      {services.map((service) => (
        <ServiceCard key={service.name} service={service} rates={history.of(service.name)} act={actions ? act : undefined} />
      ))}
    </>
  )
}
