import type { Host } from '../runtime/host.ts'
import type { Random } from '../runtime/random.ts'
import { BackOff } from './back-off.ts'
import { type DirectoryOptions, type DirectorySettings, directorySettings } from './directory-options.ts'
import { EmptyGuard } from './empty-guard.ts'
import type { Resolution, Resolver } from './resolver.ts'
import { ResolverRun } from './resolver-run.ts'
import { SnapshotFile } from './snapshot-file.ts'

/** Everything of a directory that belongs to one resolver, and goes when another one takes its place. */
export interface DirectorySource {
  readonly resolver: Resolver
  readonly settings: DirectorySettings
  readonly guard: EmptyGuard
  readonly file: SnapshotFile | undefined
  readonly run: ResolverRun
  /** What the resolver threw last, until it answers again. */
  lastError: unknown
  /** Whether an answer of this resolver was written to the file. */
  kept: boolean
}

/** What the directory does about what a source says. */
export interface DirectorySourceListener {
  /** It answered; throwing makes the answer a fault. */
  answered(resolution: Resolution): void
  /** It failed, and the events have been told. */
  failed(): void
  /** An empty answer was held for long enough. */
  believedEmpty(): void
}

/**
 * Makes a source; it starts with `run.start()`.
 *
 * @param service the logical name.
 * @param host time and events.
 * @param random the directory's stream of chance.
 * @param resolver what to run.
 * @param options see {@link DirectoryOptions}.
 * @param listener the directory.
 */
export function directorySource(
  service: string,
  host: Host,
  random: Random,
  resolver: Resolver,
  options: DirectoryOptions | undefined,
  listener: DirectorySourceListener,
): DirectorySource {
  const { clock, emit } = host
  const settings = directorySettings(options)
  const path = settings.snapshotFile
  const run = new ResolverRun({
    resolver,
    service,
    clock,
    backOff: new BackOff(settings.backoffInitialMs, settings.backoffMaxMs, random),
    refreshGapMs: settings.refreshGapMs,
    listener: {
      answered: (resolution) => {
        listener.answered(resolution)
        source.lastError = undefined
      },
      recovered: (failures) => emit('resolver-recovered', { service, resolver: resolver.name, failures }),
      failed: (error, retryAfterMs) => {
        source.lastError = error
        emit('resolver-failed', { service, resolver: resolver.name, error, retryAfterMs })
        listener.failed()
      },
      finished: () => {},
    },
  })
  const source: DirectorySource = {
    resolver,
    settings,
    // A source that fails after it said "empty" is not believed yet; its next empty answer will be.
    guard: new EmptyGuard(clock, settings.emptyGuardMs, () => {
      if (run.failures === 0) listener.believedEmpty()
    }),
    file: path === undefined ? undefined : new SnapshotFile(path, (error) => emit('snapshot-file-failed', { service, file: path, error })),
    run,
    lastError: undefined,
    kept: false,
  }
  return source
}
