import { type Duration, durationMs } from '../../runtime/duration.ts'

/** Endpoints of a service that carry labels. */
export interface MirrorSubset {
  /** The service. @defaultValue the one that is mirrored */
  readonly service?: string | undefined
  /** Labels that the endpoints must carry. */
  readonly subset: Readonly<Record<string, string>>
}

/** Where calls are copied to, and how many. Every option but `to` has a default, see {@link mirrorDefaults}. */
export interface MirrorOptions {
  /** Another service of the mesh by its name, or some endpoints of one. */
  readonly to: string | MirrorSubset
  /** How many calls are copied, from 0 to 1. @defaultValue {@link mirrorDefaults}.share */
  readonly share?: number | undefined
  /** Most copies at once; a call that comes when so many are under way is not copied. @defaultValue {@link mirrorDefaults}.maxInFlight */
  readonly maxInFlight?: number | undefined
  /** The longest request body that is copied, in bytes; a call with a longer one is not. @defaultValue {@link mirrorDefaults}.maxBodyBytes */
  readonly maxBodyBytes?: number | undefined
  /** How long a copy may take, its reply included, however long its original may. @defaultValue {@link mirrorDefaults}.deadline */
  readonly deadline?: Duration | undefined
  /** Whether a copy that fails is tried again, as the service that gets it says. @defaultValue {@link mirrorDefaults}.retry */
  readonly retry?: boolean | undefined
  /** The header that marks a copy, with the value `1`; `false` for none. A call that carries it is not copied. @defaultValue {@link mirrorDefaults}.header */
  readonly header?: string | false | undefined
  /** What is put behind the host that a copy is sent with, such as Envoy's `'-shadow'`. @defaultValue nothing */
  readonly hostSuffix?: string | undefined
  /** Headers that copies do not carry, such as `authorization`. @defaultValue none: a copy carries what its original does */
  readonly dropHeaders?: readonly string[] | undefined
}

/** The defaults of {@link MirrorOptions}. A service that says nothing is not mirrored. */
export const mirrorDefaults = Object.freeze({
  share: 1,
  maxInFlight: 100,
  /** With `maxInFlight`, a mirror holds some 6 MiB at most. */
  maxBodyBytes: 65_536,
  deadline: '15s',
  /** A lost copy costs nobody anything. */
  retry: false,
  header: 'x-mirrored',
  hostSuffix: '',
} as const satisfies Partial<MirrorOptions>)

/** {@link MirrorOptions} with every default filled in and every duration in milliseconds. */
export interface MirrorSettings {
  /** The service that gets the copies. */
  readonly service: string
  /** Labels that its endpoints must carry. */
  readonly subset: Readonly<Record<string, string>> | undefined
  /** See {@link MirrorOptions.share}. */
  readonly share: number
  /** See {@link MirrorOptions.maxInFlight}. */
  readonly maxInFlight: number
  /** See {@link MirrorOptions.maxBodyBytes}. */
  readonly maxBodyBytes: number
  /** See {@link MirrorOptions.deadline}. */
  readonly deadlineMs: number
  /** See {@link MirrorOptions.retry}. */
  readonly retry: boolean
  /** See {@link MirrorOptions.header}. */
  readonly header: string | false
  /** See {@link MirrorOptions.hostSuffix}. */
  readonly hostSuffix: string
  /** In lower case. */
  readonly dropHeaders: ReadonlySet<string>
}

/**
 * Fills in defaults and converts durations.
 *
 * @param options see {@link MirrorOptions}.
 * @param own the service that is mirrored.
 */
export function mirrorSettings(options: MirrorOptions, own: string): MirrorSettings {
  const to = typeof options.to === 'string' ? { service: options.to, subset: undefined } : options.to
  return Object.freeze({
    service: to.service ?? own,
    subset: to.subset,
    share: options.share ?? mirrorDefaults.share,
    maxInFlight: options.maxInFlight ?? mirrorDefaults.maxInFlight,
    maxBodyBytes: options.maxBodyBytes ?? mirrorDefaults.maxBodyBytes,
    deadlineMs: durationMs(options.deadline ?? mirrorDefaults.deadline, 'mirror.deadline'),
    retry: options.retry ?? mirrorDefaults.retry,
    header: options.header ?? mirrorDefaults.header,
    hostSuffix: options.hostSuffix ?? mirrorDefaults.hostSuffix,
    dropHeaders: new Set((options.dropHeaders ?? []).map((name) => name.toLowerCase())),
  })
}
