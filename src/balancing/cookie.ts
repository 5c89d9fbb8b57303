/** What a cookie says beside its value. */
export interface CookieAttributes {
  readonly path: string
  /** In milliseconds; without it, for the session. */
  readonly ttlMs: number | undefined
  readonly secure: boolean
  readonly sameSite: 'Strict' | 'Lax' | 'None' | undefined
}

/** A cookie as `Set-Cookie` has it. */
export function cookieText(name: string, value: string, { path, ttlMs, secure, sameSite }: CookieAttributes): string {
  const age = ttlMs === undefined ? '' : `; Max-Age=${Math.floor(ttlMs / 1_000)}`
  const site = sameSite === undefined ? '' : `; SameSite=${sameSite}`
  return `${name}="${value}"${age}; Path=${path}; HttpOnly${secure ? '; Secure' : ''}${site}`
}
