import { type Duration, durationMs } from '../../runtime/duration.ts'
import { type DescribedPart, part } from '../../runtime/part.ts'
import { withDefaults } from '../../runtime/with-defaults.ts'
import type { ConcurrencyLimit } from './concurrency-limit.ts'
import { checkBounds, checkNames, integerIn, mostConcurrency, numberIn } from './limit-options.ts'

/** See {@link aimdLimit}. Every option has a default, see {@link aimdDefaults}. */
export interface AimdOptions {
  /** Where it begins. @defaultValue {@link aimdDefaults}.initial */
  readonly initial?: number | undefined
  /** It never says less: at least 1. @defaultValue {@link aimdDefaults}.min */
  readonly min?: number | undefined
  /** It never says more. @defaultValue {@link aimdDefaults}.max */
  readonly max?: number | undefined
  /** What it is multiplied with after a sign of overload: from 0.1 to 0.99. @defaultValue {@link aimdDefaults}.backoff */
  readonly backoff?: number | undefined
  /** An answer that takes longer than this is a sign of overload, too. @defaultValue {@link aimdDefaults}.timeout */
  readonly timeout?: Duration | undefined
}

/** The defaults of {@link AimdOptions}: those of Netflix's AIMDLimit. */
export const aimdDefaults: Readonly<{ initial: number; min: number; max: number; backoff: number; timeout: Duration }> = Object.freeze({
  initial: 20,
  min: 20,
  max: 200,
  backoff: 0.9,
  timeout: '5s',
})

/**
 * A limit that grows by one with each good answer, as long as at least half of it is in use, and shrinks by a tenth at each sign of overload: additive
 * increase, multiplicative decrease, as in TCP. It needs a server that says when it has too much to do (429, 503), or that stops answering.
 *
 * @throws TypeError when an option is out of range.
 */
export function aimdLimit(options: AimdOptions = {}): DescribedPart<ConcurrencyLimit> {
  checkNames('aimdLimit', options, Object.keys(aimdDefaults))
  const settings = withDefaults(aimdDefaults, options)
  const max = integerIn('aimdLimit: max', settings.max, 1, mostConcurrency)
  const min = integerIn('aimdLimit: min', settings.min, 1, mostConcurrency)
  checkBounds('aimdLimit', min, max)
  const initial = integerIn('aimdLimit: initial', settings.initial, min, max)
  const backoff = numberIn('aimdLimit: backoff', settings.backoff, 0.1, 0.99)
  const timeoutMs = durationMs(settings.timeout, 'aimdLimit: timeout')
  return part<ConcurrencyLimit>('aimd-limit', { initial, min, max, backoff, timeout: timeoutMs }, () => {
    let limit = initial
    return {
      name: 'aimd',
      get limit() {
        return limit
      },
      ended({ latencyMs, inFlight, overloaded }) {
        if (overloaded || latencyMs > timeoutMs) limit = Math.max(min, Math.floor(limit * backoff))
        else if (inFlight * 2 >= limit) limit = Math.min(max, limit + 1)
      },
    }
  })
}
