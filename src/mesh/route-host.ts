import type { Emit } from '../runtime/events.ts'

/** A host for what is one route's alone: its events say so. */
export function toldOf<H extends { readonly emit: Emit }>(host: H, route: string): H {
  const emit: Emit = (name, event) => host.emit(name, { ...event, route })
  return { ...host, emit }
}
