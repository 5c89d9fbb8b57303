import { printValue } from '../errors/print-value.ts'

/** How messages name the door when no host is known yet. */
export const doorName = 'fetch'

/**
 * An argument that fetch cannot take: a plain TypeError, as fetch throws it.
 *
 * @param service the service or host that was called.
 * @param field the argument, such as `init.redirect`.
 * @param expected what should have come.
 * @param received what came.
 */
export function argumentError(service: string, field: string, expected: string, received: unknown): TypeError {
  return new TypeError(`${service}: ${field}: expected ${expected}, got ${printValue(received)}`)
}
