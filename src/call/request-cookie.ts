import type { HeaderList } from './header-list.ts'

/**
 * The value of a cookie in the headers of a request.
 *
 * @param headers where to look.
 * @param name of the cookie.
 * @returns the first one, without quotes.
 */
export function cookieOf(headers: HeaderList, name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    const written = headers[i] as string
    if (written.length !== 6 || written.toLowerCase() !== 'cookie') continue
    for (const field of (headers[i + 1] as string).split(';')) {
      const equals = field.indexOf('=')
      if (equals < 0 || field.slice(0, equals).trim() !== name) continue
      const value = field.slice(equals + 1).trim()
      return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
    }
  }
  return undefined
}
