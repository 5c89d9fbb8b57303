import { type Dispatcher, Dispatcher1Wrapper } from '../transport/load-undici.ts'
import { invalidRequest } from './undici-error.ts'

/** A handler in the new style of undici 7 and 8. */
export type Handler = Dispatcher.DispatchHandler

/** undici's types leave this out. */
const { wrapHandler } = Dispatcher1Wrapper as unknown as { wrapHandler(handler: object): Handler }

const oldNames = [
  'onConnect',
  'onUpgrade',
  'onResponseStarted',
  'onHeaders',
  'onData',
  'onComplete',
  'onError',
  'onBodySent',
  'onRequestSent',
]

/**
 * A handler in the new style; one in the old style of undici 6 and 7, and of the built-in fetch of Node 22 and 24, is wrapped.
 *
 * @throws UndiciError when it is none.
 */
export function newStyle(handler: unknown): Handler {
  if (typeof handler !== 'object' || handler === null) throw invalidRequest('handler must be an object')
  return isNewStyle(handler) ? handler : wrapHandler(handler)
}

/**
 * An interceptor that makes handlers speak both styles: an interceptor of undici 6 calls what it is given in the old style, one of undici 7
 * or 8 in the new style, and neither looks first.
 */
export const bothStyles = (dispatch: (options: unknown, handler: unknown) => boolean) => (options: unknown, handler: unknown) =>
  dispatch(options, typeof handler !== 'object' || handler === null || isNewStyle(handler) ? handler : withBothStyles(handler))

function withBothStyles(handler: object): object {
  const both = wrapHandler(handler) as Record<string, unknown>
  for (const name of oldNames) {
    const method = (handler as Record<string, unknown>)[name]
    if (typeof method === 'function') both[name] = method.bind(handler)
  }
  return both
}

function isNewStyle(handler: object): handler is Handler {
  return typeof (handler as Handler).onRequestStart === 'function'
}
