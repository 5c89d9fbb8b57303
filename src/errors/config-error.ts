/** One thing that is wrong with a plan. */
export interface ConfigProblem {
  /** Where, such as `services.orders.retry.attempts`. */
  readonly path: string
  /** What should have been there, such as `an integer in [1, 100]`. */
  readonly expected: string
  /** What came, printed short. */
  readonly received: string
}

const brand: unique symbol = Symbol.for('proxyless.ConfigError') as never

/**
 * A plan that cannot be used. It lists every problem at once, so that one look is enough.
 *
 * @example
 * ```ts
 * import { ConfigError, fixed, mesh } from 'proxyless'
 *
 * try {
 *   mesh().service('orders', (s) => s.resolve(fixed([]))).build()
 * } catch (error) {
 *   if (ConfigError.is(error)) for (const problem of error.problems) console.error(problem.path, problem.expected)
 * }
 * ```
 */
export class ConfigError extends Error {
  /** Always `'ConfigError'`. */
  override readonly name: string = 'ConfigError'
  /** Always `'INVALID_CONFIG'`. */
  readonly code = 'INVALID_CONFIG'
  /** Every problem, in the order of the plan; at least one. */
  readonly problems: readonly ConfigProblem[]

  /** @param problems see {@link ConfigError.problems}. */
  constructor(problems: readonly ConfigProblem[], cause?: unknown) {
    const lines = problems.map((p) => `${p.path}: expected ${p.expected}, got ${p.received}`)
    super(lines.length === 1 ? lines[0] : `${lines.length} problems:\n  ${lines.join('\n  ')}`, cause === undefined ? undefined : { cause })
    this.problems = Object.freeze([...problems])
  }

  /** @internal marks the class across copies of this package */
  get [brand](): true {
    return true
  }

  /** Whether `value` is a ConfigError, also one made by another copy of this package. */
  static is(value: unknown): value is ConfigError {
    return typeof value === 'object' && value !== null && brand in value
  }
}
