import { createRequire } from 'node:module'

/** Reads the dispatcher of a `Request`; throws for one of another copy of undici. */
type ReadDispatcher = (request: object) => unknown

/** Node keeps its own classes to itself. */
const BuiltInRequest = globalThis.Request

/** By class; `undefined` for those that nobody can look into. */
const known = new WeakMap<object, ReadDispatcher | undefined>()

const requestFile = /[\\/]lib[\\/]web[\\/]fetch[\\/]request\.js$/

/**
 * The dispatcher that a `Request` of the undici package was made with. It is private there, and each copy of undici has a function for it in the
 * module of the class: so we look among the modules that are loaded. Nothing is found in a program that was bundled into one file.
 *
 * @param request what the caller passed.
 */
export function dispatcherOf(request: Request): unknown {
  const kind: unknown = request.constructor
  if (kind === BuiltInRequest || typeof kind !== 'function') return undefined
  if (!known.has(kind)) known.set(kind, readerFor(request))
  return known.get(kind)?.(request)
}

function readerFor(request: Request): ReadDispatcher | undefined {
  for (const [file, module] of Object.entries(createRequire(import.meta.url).cache)) {
    const read: unknown = requestFile.test(file) ? module?.exports?.getRequestDispatcher : undefined
    if (typeof read !== 'function') continue
    try {
      read(request)
      return read as ReadDispatcher
    } catch {}
  }
  return undefined
}
