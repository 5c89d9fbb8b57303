import type { Call } from '../../call/call.ts'
import { headerOf } from '../../call/header-list.ts'
import { cookieOf } from '../../call/request-cookie.ts'

/**
 * What of a call says which bucket it draws from:
 * - `{ header: 'x-tenant' }`: the first value of a header.
 * - `{ cookie: 'session' }`: a cookie.
 * - a function of the call, such as `(call) => call.path.split('/')[2]`.
 *
 * Calls that have nothing of it share one bucket.
 */
export type LimitKey = { readonly header: string } | { readonly cookie: string } | ((call: Call) => string | undefined)

/**
 * Makes the function that reads a key.
 *
 * @param key see {@link LimitKey}.
 * @returns from a call to its key; what a user's function answers is not looked at yet.
 */
export function keyReader(key: LimitKey): (call: Call) => unknown {
  if (typeof key === 'function') return key
  if ('cookie' in key) return ({ headers }) => cookieOf(headers, key.cookie)
  const name = key.header.toLowerCase()
  return ({ headers }) => headerOf(headers, name)
}
