import type { Call } from '../call/call.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { goneError } from './gone-error.ts'
import type { ServiceParts } from './service-parts.ts'
import type { ServiceSnapshot } from './snapshot.ts'

type Limits = Pick<ServiceParts, 'concurrency' | 'concurrencyGate' | 'endpointPermits'>
type Admitting = Pick<ServiceParts, 'admission'>

/** Puts the limits of a plan in force. */
export function useConcurrency(next: Limits, before: Limits | undefined): void {
  const { concurrency } = next
  if (concurrency !== before?.concurrency) {
    if (concurrency?.gate !== undefined) next.concurrencyGate?.use(concurrency.gate)
    if (concurrency?.permits !== undefined) next.endpointPermits?.use(concurrency.permits)
  }
  // Whoever waits for room looks again: perhaps nothing is limited any more.
  before?.concurrencyGate?.news.tell()
  before?.endpointPermits?.news.tell()
}

/** Whether two plans go through the very same gate, permits and admission control. */
export function sameLimits(left: Limits & Admitting, right: Limits & Admitting): boolean {
  const { admission, concurrencyGate, endpointPermits } = left
  return admission === right.admission && concurrencyGate === right.concurrencyGate && endpointPermits === right.endpointPermits
}

/** The service ends: nobody is left waiting. */
export function closeConcurrency({ concurrencyGate, endpointPermits }: Limits, service: string): void {
  const error = ({ spent }: Call) =>
    goneError(
      service,
      spent.some((attempt) => attempt.sent),
    )
  concurrencyGate?.close(error)
  endpointPermits?.close(error)
  concurrencyGate?.news.tell()
  endpointPermits?.news.tell()
}

/**
 * Waits until a call would not have to wait for a permit.
 *
 * @param limits those in force; `undefined` when the service is gone.
 * @param roster the endpoints.
 * @param service for the message.
 */
export async function whenReady(
  limits: () => Limits | undefined,
  roster: { readonly endpoints: readonly Endpoint[] },
  service: string,
): Promise<void> {
  for (;;) {
    const now = limits()
    if (now === undefined) throw goneError(service)
    const { concurrencyGate: gate, endpointPermits: permits } = now
    if (gate !== undefined && !gate.free) await gate.news.wait()
    else if (permits !== undefined && roster.endpoints.length > 0 && roster.endpoints.every(permits.isFull)) await permits.news.wait()
    else return
  }
}

/** What the limits of a service tell of themselves. */
export function concurrencySnapshots(
  { concurrencyGate: gate, endpointPermits: permits, admission }: Limits & Admitting,
  endpoints: readonly Endpoint[],
): Pick<ServiceSnapshot, 'concurrency' | 'endpointConcurrency' | 'admission'> {
  return {
    concurrency: gate && { ...gate.counts, limit: gate.limit, inFlight: gate.inFlight, waiting: gate.waiting },
    endpointConcurrency: permits && {
      ...permits.counts,
      limits: Object.fromEntries(endpoints.map((endpoint) => [endpoint.address, permits.limitOf(endpoint)])),
      waiting: permits.waiting,
    },
    admission: admission && { ...admission.counts, rejectedShare: admission.rejectedShare },
  }
}
