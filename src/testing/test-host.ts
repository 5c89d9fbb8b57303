import { defaultClassifier } from '../call/default-classifier.ts'
import type { Classifier } from '../call/verdict.ts'
import type { PolicyHost } from '../policies/policy.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Emit, MeshEventName, MeshEvents } from '../runtime/events.ts'
import type { Random } from '../runtime/random.ts'
import { seededRandom } from '../runtime/seeded-random.ts'
import { type FakeClock, fakeClock } from './fake-clock.ts'

/** What a {@link TestHost} is made of. */
export interface TestHostOptions<C extends Clock> {
  /** @defaultValue `'test'` */
  readonly service?: string | undefined
  /** @defaultValue a new {@link fakeClock} */
  readonly clock?: C | undefined
  /** @defaultValue `seededRandom('test')` */
  readonly random?: Random | undefined
  /** @defaultValue {@link defaultClassifier} */
  readonly classify?: Classifier | undefined
}

/** An event that was emitted. */
export type TestEvent = { readonly [Name in MeshEventName]: { readonly name: Name; readonly event: MeshEvents[Name] } }[MeshEventName]

/** A host for the test of a part. */
export interface TestHost<C extends Clock = FakeClock> extends PolicyHost {
  readonly clock: C
  /** Every event that was emitted, oldest first. */
  readonly events: readonly TestEvent[]
}

/**
 * A host, for testing a part (a balancer, a meter, a resolver, a policy, a transport) without a mesh. Make a new one for each part: two
 * parts may not share a stream of chance.
 *
 * @param options what differs from the defaults.
 * @example
 * ```ts
 * import { inFlight, powerOfTwo } from 'proxyless'
 * import { testEndpoint, testHost } from 'proxyless/testing'
 *
 * const balancer = powerOfTwo(inFlight())(testHost())
 * const picker = balancer.picker([testEndpoint('http://10.0.0.7:8080')])
 * ```
 */
export function testHost<C extends Clock = FakeClock>(options?: TestHostOptions<C>): TestHost<C> {
  const events: TestEvent[] = []
  const emit: Emit = (name, event) => {
    events.push({ name, event } as TestEvent)
  }
  return {
    service: options?.service ?? 'test',
    // Without a clock of the caller's, C is what it is by default.
    clock: options?.clock ?? (fakeClock() as Clock as C),
    random: options?.random ?? seededRandom('test'),
    classify: options?.classify ?? defaultClassifier,
    emit,
    events,
  }
}
