import type { Outcome } from '../call/outcome.ts'
import type { Verdict } from '../call/verdict.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { printValue } from '../errors/print-value.ts'
import type { Host } from '../runtime/host.ts'
import { hearLateRejection } from '../runtime/late-rejection.ts'
import type { Ejection, EjectionRule, EndpointInterval } from './ejection-rule.ts'

/** What a rule found. */
export interface Finding {
  readonly endpoint: Endpoint
  /** The name of the rule. */
  readonly rule: string
  /** How long to leave it out, in milliseconds; `undefined` for as long as the back-off says. */
  readonly forMs: number | undefined
}

type Judging = EjectionRule & Required<Pick<EjectionRule, 'judge'>>
type Completing = EjectionRule & Required<Pick<EjectionRule, 'completed'>>
type Reviewing = EjectionRule & Required<Pick<EjectionRule, 'review'>>

/** The rules of a service, each guarded: one that throws, or answers nonsense, is told as an event and goes unheard that time. */
export class RulePanel {
  readonly #host: Host
  readonly #rules: readonly EjectionRule[]
  readonly #judging: readonly Judging[]
  readonly #completing: readonly Completing[]
  readonly #reviewing: readonly Reviewing[]

  /**
   * @param rules in the order in which they are asked.
   * @param host hears of a rule that throws.
   */
  constructor(rules: readonly EjectionRule[], host: Host) {
    this.#host = host
    this.#rules = rules
    this.#judging = rules.filter((rule) => rule.judge !== undefined) as Judging[]
    this.#completing = rules.filter((rule) => rule.completed !== undefined) as Completing[]
    this.#reviewing = rules.filter((rule) => rule.review !== undefined) as Reviewing[]
  }

  /** Puts an attempt to every rule; answers with the first finding. Each rule hears of each attempt, also behind one that found something. */
  judge(endpoint: Endpoint, verdict: Verdict, latencyMs: number, outcome: Outcome): Finding | undefined {
    const rules = this.#judging
    let finding: Finding | undefined
    for (let i = 0; i < rules.length; i += 1) {
      const rule = rules[i] as Judging
      try {
        const ejection = rule.judge(endpoint, verdict, latencyMs, outcome)
        if (ejection === undefined || ejection === false) continue
        finding ??= { endpoint, rule: rule.name, forMs: checkedMs(ejection) }
      } catch (error) {
        this.#threw(rule, error)
      }
    }
    return finding
  }

  /** A reply came in whole. */
  completed(endpoint: Endpoint): void {
    const rules = this.#completing
    for (let i = 0; i < rules.length; i += 1) {
      const rule = rules[i] as Completing
      try {
        this.#hear(rule, rule.completed(endpoint))
      } catch (error) {
        this.#threw(rule, error)
      }
    }
  }

  /** Puts an interval to one rule after the other; `found` may make an endpoint unfit for the rules that follow. */
  review(intervals: () => readonly EndpointInterval[], found: (finding: Finding) => void): void {
    for (const rule of this.#reviewing) {
      const compared = intervals()
      let endpoints: readonly Endpoint[] = []
      try {
        const found: unknown = rule.review(compared)
        hearLateRejection(found)
        endpoints = [...(found as readonly Endpoint[])]
      } catch (error) {
        this.#threw(rule, error)
      }
      for (const endpoint of endpoints) found({ endpoint, rule: rule.name, forMs: undefined })
    }
  }

  /** An endpoint is back. */
  readmitted(endpoint: Endpoint): void {
    for (const rule of this.#rules) {
      try {
        this.#hear(rule, rule.readmitted(endpoint))
      } catch (error) {
        this.#threw(rule, error)
      }
    }
  }

  /** A rule is not waited for. */
  #hear(rule: EjectionRule, given: unknown): void {
    if (given !== undefined) hearLateRejection(given, (error) => this.#threw(rule, error))
  }

  #threw(rule: EjectionRule, error: unknown): void {
    const { service, emit } = this.#host
    emit('part-threw', { service, part: `ejection rule ${rule.name}`, error })
  }
}

/** Rules may be untyped code. */
function checkedMs(ejection: Exclude<Ejection, undefined | false>): number | undefined {
  if (ejection === true) return undefined
  if (typeof ejection === 'number' && ejection >= 0) return ejection
  hearLateRejection(ejection)
  throw new TypeError(`judge: expected true, false, undefined or a number of milliseconds, got ${printValue(ejection)}`)
}
