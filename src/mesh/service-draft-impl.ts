import type { ConfigProblem } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'

/** What was said about a service, or about the defaults, by slot. Unchecked: the schema of the plan does that. */
export interface DraftSettings {
  /** Slots that take one value. */
  readonly slots: Readonly<Record<string, unknown>>
  /** Further hosts. */
  readonly aliases: readonly unknown[]
  /** Labels and their values. */
  readonly subsets: Readonly<Record<string, unknown>>
  /** Routes, first match first. */
  readonly routes: readonly unknown[]
  /** Policies of users. */
  readonly policies: readonly unknown[]
  /** What is wrong with the way in which the draft was made; the paths begin at the service. */
  readonly problems: readonly ConfigProblem[]
}

const nothingSaid: DraftSettings = Object.freeze({
  slots: Object.freeze({}),
  aliases: Object.freeze([]),
  subsets: Object.freeze({}),
  routes: Object.freeze([]),
  policies: Object.freeze([]),
  problems: Object.freeze([]),
})

/** The class behind `ServiceDraft`. Its types are loose: the interface is what users see. */
export class ServiceDraftImpl {
  readonly #settings: DraftSettings
  readonly #isDefaults: boolean

  constructor(isDefaults: boolean, settings: DraftSettings = nothingSaid) {
    this.#isDefaults = isDefaults
    this.#settings = settings
    Object.freeze(this)
  }

  /** What was said; `undefined` when `value` is not a draft. */
  static settingsOf(value: unknown): DraftSettings | undefined {
    return typeof value === 'object' && value !== null && #settings in value ? (value as ServiceDraftImpl).#settings : undefined
  }

  resolve(resolver: unknown, directory?: unknown): ServiceDraftImpl {
    if (this.#isDefaults) return this.#refuse('resolver')
    const draft = this.#set('resolver', resolver)
    return directory === undefined ? draft : draft.#with({ slots: { ...draft.#settings.slots, directory } })
  }

  alias(...hosts: readonly unknown[]): ServiceDraftImpl {
    if (this.#isDefaults) return this.#refuse('aliases')
    return this.#with({ aliases: [...this.#settings.aliases, ...hosts] })
  }

  subset(label: unknown, values: unknown): ServiceDraftImpl {
    if (this.#isDefaults) return this.#refuse('subsets')
    if (typeof label !== 'string' || label === '') return this.#problem('subsets', 'a label that is text and not empty', printValue(label))
    if (Object.hasOwn(this.#settings.subsets, label)) return this.#problem(`subsets.${label}`, 'to be declared once', 'it twice')
    return this.#with({ subsets: { ...this.#settings.subsets, [label]: Array.isArray(values) ? [...values] : values } })
  }

  balance(balancer: unknown): ServiceDraftImpl {
    return this.#set('balancer', balancer)
  }

  subsetFallback(rule: unknown): ServiceDraftImpl {
    if (this.#isDefaults) return this.#refuse('subsetFallback')
    return this.#set('subsetFallback', rule)
  }

  split(split: unknown): ServiceDraftImpl {
    if (this.#isDefaults) return this.#refuse('split')
    return this.#set('split', split)
  }

  locality(locality: unknown): ServiceDraftImpl {
    return this.#set('locality', locality)
  }

  failover(failover: unknown): ServiceDraftImpl {
    return this.#set('failover', failover)
  }

  tls(tls: unknown): ServiceDraftImpl {
    return this.#set('tls', tls)
  }

  http(http: unknown): ServiceDraftImpl {
    return this.#set('http', http)
  }

  deadline(deadline: unknown, sendOn?: unknown): ServiceDraftImpl {
    const draft = this.#set('deadline', deadline)
    return sendOn === undefined ? draft : draft.#with({ slots: { ...draft.#settings.slots, sendOn } })
  }

  retry(retry: unknown): ServiceDraftImpl {
    return this.#set('retry', retry)
  }

  rateLimit(rateLimit: unknown): ServiceDraftImpl {
    return this.#set('rateLimit', rateLimit)
  }

  concurrency(concurrency: unknown): ServiceDraftImpl {
    return this.#set('concurrency', concurrency)
  }

  admission(admission: unknown): ServiceDraftImpl {
    return this.#set('admission', admission)
  }

  ejection(ejection: unknown): ServiceDraftImpl {
    return this.#set('ejection', ejection)
  }

  healthCheck(healthCheck: unknown): ServiceDraftImpl {
    return this.#set('healthCheck', healthCheck)
  }

  circuitBreaker(circuitBreaker: unknown): ServiceDraftImpl {
    return this.#set('circuitBreaker', circuitBreaker)
  }

  hedge(hedge: unknown): ServiceDraftImpl {
    return this.#set('hedge', hedge)
  }

  mirror(mirror: unknown): ServiceDraftImpl {
    if (this.#isDefaults) return this.#refuse('mirror')
    return this.#set('mirror', mirror)
  }

  fault(fault: unknown): ServiceDraftImpl {
    return this.#set('fault', fault)
  }

  classify(classifier: unknown): ServiceDraftImpl {
    return this.#set('classifier', classifier)
  }

  serverDraining(draining: unknown): ServiceDraftImpl {
    return this.#set('serverDraining', draining)
  }

  route(route: unknown): ServiceDraftImpl {
    if (this.#isDefaults) return this.#refuse('routes')
    return this.#with({ routes: [...this.#settings.routes, route] })
  }

  use(...policies: readonly unknown[]): ServiceDraftImpl {
    return this.#with({ policies: [...this.#settings.policies, ...policies] })
  }

  bare(): ServiceDraftImpl {
    return this.#set('bare', true)
  }

  apply<T>(step: (draft: this) => T): T {
    return step(this)
  }

  #set(slot: string, value: unknown): ServiceDraftImpl {
    if (Object.hasOwn(this.#settings.slots, slot)) return this.#problem(slot, 'to be set once', 'it twice')
    return this.#with({ slots: { ...this.#settings.slots, [slot]: value } })
  }

  #refuse(slot: string): ServiceDraftImpl {
    return this.#problem(slot, 'a setting that services can share', 'one that belongs to one service')
  }

  #problem(path: string, expected: string, received: string): ServiceDraftImpl {
    return this.#with({ problems: [...this.#settings.problems, { path, expected, received }] })
  }

  #with(change: Partial<DraftSettings>): ServiceDraftImpl {
    return new ServiceDraftImpl(this.#isDefaults, Object.freeze({ ...this.#settings, ...change }))
  }
}
