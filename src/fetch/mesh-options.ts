import { AsyncLocalStorage } from 'node:async_hooks'
import { type CallOptions, callOptionNames, lastPriority } from '../call/call-options.ts'
import type { InformationalListener, InformationalReply } from '../call/informational.ts'
import { durationExpectation, readDuration } from '../runtime/duration.ts'
import { argumentError } from './argument-error.ts'
import { defaultReplayBytes } from './replay-body.ts'

/** `init.mesh`, checked. */
export interface MeshOptions {
  /** In milliseconds; `undefined` for the service's. */
  readonly deadlineMs: number | undefined
  /** See {@link CallOptions.subset}. */
  readonly subset: Readonly<Record<string, string>> | undefined
  /** See {@link CallOptions.hashKey}. */
  readonly hashKey: string | undefined
  /** See {@link CallOptions.idempotent}. */
  readonly idempotent: boolean | undefined
  /** Whether the call may be repeated at all. */
  readonly mayRepeat: boolean
  /** How much of a stream is kept so that it can be sent again, in bytes; 0 for nothing. */
  readonly replayBytes: number
  /** See {@link CallOptions.priority}. */
  readonly priority: number | undefined
  /** See {@link CallOptions.onInformational}; it runs in the caller's async context, and does not throw. */
  readonly onInformational: InformationalListener | undefined
}

/** The options of a call that says nothing. */
export const noMeshOptions: MeshOptions = Object.freeze({
  deadlineMs: undefined,
  subset: undefined,
  hashKey: undefined,
  idempotent: undefined,
  mayRepeat: true,
  replayBytes: 0,
  priority: undefined,
  onInformational: undefined,
})

/**
 * Reads `init.mesh`.
 *
 * @param service for messages.
 * @param mesh what came.
 * @param field its name, for messages.
 * @throws TypeError for a name or a value that is none.
 */
export function readMeshOptions(service: string, mesh: unknown, field = 'init.mesh'): MeshOptions {
  if (mesh === undefined) return noMeshOptions
  if (typeof mesh !== 'object' || mesh === null) throw argumentError(service, field, 'an object', mesh)
  for (const name of Object.keys(mesh)) {
    if (!(callOptionNames as readonly string[]).includes(name)) {
      throw argumentError(service, field, `only the options ${callOptionNames.join(', ')}`, name)
    }
  }
  const { deadline, subset, hashKey, idempotent, retry, replay, priority, onInformational } = mesh as CallOptions
  const deadlineMs = deadline === undefined ? undefined : readDuration(deadline)
  if (deadline !== undefined && deadlineMs === undefined) throw argumentError(service, `${field}.deadline`, durationExpectation, deadline)
  if (subset !== undefined) checkSubset(service, subset, field)
  if (hashKey !== undefined && (typeof hashKey !== 'string' || hashKey === '')) {
    throw argumentError(service, `${field}.hashKey`, 'a text that is not empty', hashKey)
  }
  if (idempotent !== undefined && typeof idempotent !== 'boolean') {
    throw argumentError(service, `${field}.idempotent`, 'true or false', idempotent)
  }
  if (retry !== undefined && retry !== false) throw argumentError(service, `${field}.retry`, 'false, or nothing', retry)
  return {
    deadlineMs,
    subset,
    hashKey,
    idempotent,
    mayRepeat: retry !== false,
    replayBytes: readReplay(service, replay, field),
    priority: readPriority(service, priority, field),
    onInformational: readListener(service, onInformational, field),
  }
}

function readReplay(service: string, replay: unknown, field: string): number {
  if (replay === undefined) return 0
  if (replay === true) return defaultReplayBytes
  if (Number.isSafeInteger(replay) && (replay as number) > 0) return replay as number
  throw argumentError(service, `${field}.replay`, 'true, or a number of bytes above 0', replay)
}

function readPriority(service: string, priority: unknown, field: string): number | undefined {
  if (priority === undefined) return undefined
  if (Number.isInteger(priority) && (priority as number) >= 0 && (priority as number) <= lastPriority) return priority as number
  throw argumentError(service, `${field}.priority`, `an integer in [0, ${lastPriority}]`, priority)
}

function readListener(service: string, listener: unknown, field: string): InformationalListener | undefined {
  if (listener === undefined) return undefined
  if (typeof listener !== 'function') throw argumentError(service, `${field}.onInformational`, 'a function', listener)
  return AsyncLocalStorage.bind((reply: InformationalReply) => {
    try {
      listener(reply)
    } catch {
      // A listener is a guest on the path of a call.
    }
  })
}

function checkSubset(service: string, subset: unknown, field: string): void {
  if (typeof subset !== 'object' || subset === null) {
    throw argumentError(service, `${field}.subset`, "labels such as { version: 'v2' }", subset)
  }
  for (const [label, value] of Object.entries(subset)) {
    if (typeof value !== 'string') throw argumentError(service, `${field}.subset.${label}`, 'a text', value)
  }
}
