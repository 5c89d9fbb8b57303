import { printValue } from '../errors/print-value.ts'
import type { RouteParts } from './route-parts.ts'
import type { LayerParts } from './service-parts.ts'

/** A service and its routes, as far as somebody outside may change what they do. */
export interface RoutedParts extends Pick<LayerParts, 'split' | 'fault'> {
  readonly routes: readonly Pick<RouteParts, 'name' | 'own'>[]
}

/** @throws TypeError when the service has no such route. */
export function checkRoute(what: string, service: string, route: string, { routes }: RoutedParts): void {
  if (routes.some(({ name }) => name === route)) return
  const names = routes.map(({ name }) => printValue(name)).join(', ')
  const known = names === '' ? `a route of ${service}, which has none` : `one of the routes of ${service}: ${names}`
  throw new TypeError(`${what}: expected ${known}, got ${printValue(route)}`)
}
