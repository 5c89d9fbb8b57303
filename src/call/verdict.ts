import type { Attempt } from './attempt.ts'
import type { Outcome } from './outcome.ts'

/** How an attempt is judged. */
export type Verdict =
  /** It did what it should. */
  | { readonly kind: 'success' }
  /**
   * It is held against the endpoint. `retry` says when another attempt may follow: `always` only if the server cannot have acted. A `soft` failure
   * says nothing against the health of whoever answered, as a 429: it may be repeated, load meters note it, but no circuit opens by it,
   * and nobody is ejected. A probe that comes to one has failed all the same.
   */
  | {
      readonly kind: 'failure'
      readonly retry: 'always' | 'if-idempotent' | 'never'
      readonly notBeforeMs?: number
      readonly soft?: boolean
    }
  /** Nobody's fault, such as a caller that left: counted for nobody. */
  | { readonly kind: 'ignored' }

/**
 * The one judge of a service. Retries, meters, ejection, circuits, budgets and spans all read the verdict that it gives.
 *
 * @param outcome what came of the attempt.
 * @param attempt the attempt.
 */
export type Classifier = (outcome: Outcome, attempt: Attempt) => Verdict

/** The verdicts, ready-made: judging a call allocates nothing. */
export const verdicts = Object.freeze({
  success: Object.freeze({ kind: 'success' }),
  ignored: Object.freeze({ kind: 'ignored' }),
  retryAlways: Object.freeze({ kind: 'failure', retry: 'always' }),
  retryIfIdempotent: Object.freeze({ kind: 'failure', retry: 'if-idempotent' }),
  retryNever: Object.freeze({ kind: 'failure', retry: 'never' }),
  softIfIdempotent: Object.freeze({ kind: 'failure', retry: 'if-idempotent', soft: true }),
  softNever: Object.freeze({ kind: 'failure', retry: 'never', soft: true }),
} as const satisfies Record<string, Verdict>)

/** Whether a verdict is a failure that says nothing against the health of the endpoint. */
export function isSoft(verdict: Verdict): boolean {
  return verdict.kind === 'failure' && verdict.soft === true
}
