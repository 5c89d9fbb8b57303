/** A cookie as `Set-Cookie` has it; without `ttlMs`, for the session. */
export function cookieText(name: string, value: string, path: string, ttlMs: number | undefined): string {
  const age = ttlMs === undefined ? '' : `; Max-Age=${Math.floor(ttlMs / 1_000)}`
  return `${name}="${value}"${age}; Path=${path}; HttpOnly`
}
