import { contextKey } from '../call/context-values.ts'
import type { DispatcherLike } from './http-options.ts'

/** The undici dispatcher that carries the attempts of one call in place of the mesh's connections: fetch's `init.dispatcher`. */
export const callDispatcher = contextKey<DispatcherLike | undefined>('dispatcher', undefined)
