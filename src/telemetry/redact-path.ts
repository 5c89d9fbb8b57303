/**
 * A path without the secrets in its query.
 *
 * @param path path and query.
 * @param names of the parameters whose values are secrets, in lower case.
 * @returns the path, each secret being `REDACTED`; the same text when there is none.
 */
export function redactPath(path: string, names: ReadonlySet<string>): string {
  const start = path.indexOf('?')
  if (start < 0) return path
  const query = path.slice(start + 1)
  const parts = query.split('&').map((part) => {
    const equals = part.indexOf('=')
    if (equals < 0 || !names.has(nameOf(part.slice(0, equals)))) return part
    return `${part.slice(0, equals)}=REDACTED`
  })
  return `${path.slice(0, start)}?${parts.join('&')}`
}

function nameOf(written: string): string {
  if (!written.includes('%') && !written.includes('+')) return written.toLowerCase()
  try {
    return decodeURIComponent(written.replaceAll('+', ' ')).toLowerCase()
  } catch {
    return written.toLowerCase()
  }
}
