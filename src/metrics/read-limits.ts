import type { ServiceSnapshot } from '../mesh/snapshot.ts'
import type { Reading } from './reading.ts'

const result = 'proxyless.result'

type Limited = Pick<ServiceSnapshot, 'rateLimit' | 'concurrency' | 'endpointConcurrency' | 'admission'>

/** Reads what the limits of a service, or of a route, tell: those that it has. */
export function readLimits({ rateLimit, concurrency, endpointConcurrency, admission }: Limited, reading: Reading): void {
  if (rateLimit !== undefined) {
    const { granted, refused, spared } = rateLimit
    reading.addEach('proxyless.rate_limit.calls', result, { granted, refused, spared })
    reading.add('proxyless.rate_limit.permits', rateLimit.permitsLeft)
    reading.add('proxyless.rate_limit.waiting', rateLimit.waiting)
  }
  if (concurrency !== undefined) {
    const { granted, refused, spared } = concurrency
    reading.addEach('proxyless.concurrency.calls', result, { granted, refused, spared })
    reading.add('proxyless.concurrency.limit', concurrency.limit)
    reading.add('proxyless.concurrency.in_flight', concurrency.inFlight)
    reading.add('proxyless.concurrency.waiting', concurrency.waiting)
  }
  if (endpointConcurrency !== undefined) {
    const { granted, refused, spared } = endpointConcurrency
    reading.addEach('proxyless.endpoint_concurrency.attempts', result, { granted, refused, spared })
    reading.add('proxyless.endpoint_concurrency.waiting', endpointConcurrency.waiting)
  }
  if (admission !== undefined) {
    const { admitted, refused, spared } = admission
    reading.addEach('proxyless.admission.calls', result, { granted: admitted, refused, spared })
    reading.add('proxyless.admission.rejected', admission.rejectedShare)
  }
}
