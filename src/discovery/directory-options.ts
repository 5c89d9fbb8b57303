import { type Duration, durationMs } from '../runtime/duration.ts'

/**
 * How the mesh deals with what a resolver says: the second argument of `.resolve(resolver, options)`. Every option has a default, see
 * {@link directoryDefaults}.
 *
 * @example
 * ```ts
 * import { dns, mesh } from 'proxyless'
 *
 * const net = mesh()
 *   .service('orders', (s) => s.resolve(dns('orders.internal', { port: 8080 }), { emptyGuard: '1m', snapshotFile: '/var/lib/app/orders.json' }))
 *   .build()
 * ```
 */
export interface DirectoryOptions {
  /**
   * How long a sudden empty answer is not believed while there were endpoints: a registry that lost its data looks just like a service
   * that nobody serves. `false` believes it at once. The knowledge that a service is absent is always believed at once.
   *
   * @defaultValue {@link directoryDefaults}.emptyGuard
   */
  readonly emptyGuard?: Duration | false | undefined
  /**
   * The wait before a resolver that failed is started again: exponential with full jitter, from `initial` up to `max`.
   *
   * @defaultValue {@link directoryDefaults}.backoff
   */
  readonly backoff?: { readonly initial?: Duration | undefined; readonly max?: Duration | undefined } | undefined
  /**
   * The mesh wants a fresh answer when endpoints fail. Such a wish is passed on to the resolver at most this often.
   *
   * @defaultValue {@link directoryDefaults}.refreshGap
   */
  readonly refreshGap?: Duration | undefined
  /**
   * A file in which the last good answer is kept, for a start at which the resolver fails: the process then begins with the endpoints that
   * it knew. One file for each service. It can be read by `file()`, too. What goes wrong with it is told by the event `snapshot-file-failed`.
   *
   * @defaultValue none
   */
  readonly snapshotFile?: string | undefined
  /**
   * How long a resolver that has neither answered nor failed may take before the endpoints of `snapshotFile` are used. When it fails, they
   * are used at once.
   *
   * @defaultValue {@link directoryDefaults}.snapshotAfter
   */
  readonly snapshotAfter?: Duration | undefined
}

/** The defaults of {@link DirectoryOptions}. */
export const directoryDefaults = Object.freeze({
  emptyGuard: '30s',
  backoff: Object.freeze({ initial: '100ms', max: '30s' }),
  refreshGap: '1s',
  snapshotAfter: '1s',
} as const satisfies DirectoryOptions)

/** The options with every default filled in and every duration in milliseconds. */
export interface DirectorySettings {
  /** 0: an empty answer is believed at once. */
  readonly emptyGuardMs: number
  readonly backoffInitialMs: number
  readonly backoffMaxMs: number
  readonly refreshGapMs: number
  readonly snapshotFile: string | undefined
  readonly snapshotAfterMs: number
}

/** @throws TypeError when a duration is none, which only untyped code can bring about. */
export function directorySettings(options: DirectoryOptions | undefined): DirectorySettings {
  const emptyGuard = options?.emptyGuard ?? directoryDefaults.emptyGuard
  return Object.freeze({
    emptyGuardMs: emptyGuard === false ? 0 : durationMs(emptyGuard, 'emptyGuard'),
    backoffInitialMs: durationMs(options?.backoff?.initial ?? directoryDefaults.backoff.initial, 'backoff.initial'),
    backoffMaxMs: durationMs(options?.backoff?.max ?? directoryDefaults.backoff.max, 'backoff.max'),
    refreshGapMs: durationMs(options?.refreshGap ?? directoryDefaults.refreshGap, 'refreshGap'),
    snapshotFile: options?.snapshotFile,
    snapshotAfterMs: durationMs(options?.snapshotAfter ?? directoryDefaults.snapshotAfter, 'snapshotAfter'),
  })
}
