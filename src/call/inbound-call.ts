import { contextKey } from './context-values.ts'
import type { HeaderList } from './header-list.ts'

/** What a call inherits from the request in whose service it is made. */
export interface Inherited {
  /** Number of the attempt that the inbound request is: above 1 when its caller repeats it. */
  readonly attempt: number
  /** Whether the inbound request's deadline is the one that the call has. */
  readonly limits: boolean
  /** The inbound request's deadline, on this process's clock. */
  readonly deadline?: number
  /** The headers that say which trace the inbound request is part of, as they came. */
  readonly trace?: HeaderList
}

/** The address of the client in whose service a call is made, as `inbound()` captured it. */
export const clientAddress = contextKey<string | undefined>('client address', undefined)

/** What a call inherits; `undefined` for one that is made in nobody's service. */
export const inherited = contextKey<Inherited | undefined>('inherited', undefined)
