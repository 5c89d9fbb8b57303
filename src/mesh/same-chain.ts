import { samePart } from '../runtime/part.ts'
import { sameLimits } from './service-concurrency.ts'
import type { ServiceParts } from './service-parts.ts'

/** Whether the parts that layers are made of are the very same. */
export function sameChain(left: ServiceParts, right: ServiceParts): boolean {
  const names = ['balancer', 'split', 'transport', 'deadline', 'rateLimit', 'retry', 'hedge', 'judge', 'routes', 'mirror', 'fault'] as const
  return (
    names.every((name) => left[name] === right[name]) &&
    sameLimits(left, right) &&
    samePart(left.plan.classifier, right.plan.classifier) &&
    samePart(left.plan.retry, right.plan.retry) &&
    samePart(left.plan.serverDraining, right.plan.serverDraining) &&
    samePart(left.routing, right.routing) &&
    samePart(left.plan.sendOn, right.plan.sendOn) &&
    left.policies.length === right.policies.length &&
    left.policies.every((entry, i) => entry === right.policies[i])
  )
}
