import type { Endpoint } from '../endpoint/endpoint.ts'
import type { LocalitySettings } from './locality-options.ts'
import { isHome } from './place.ts'

/** How far away an endpoint is, 0 the nearest. */
export type Distance = (endpoint: Endpoint) => number

/**
 * How far endpoints are from this process, by Istio's rules for failover: the same zone, the same region, the region that steps in for ours, any other; or
 * by how many labels, from the first one on, are in common.
 *
 * @returns `undefined` when the settings do not ask for failover by distance.
 */
export function distanceFrom(own: LocalitySettings | undefined): Distance | undefined {
  if (own?.mode !== 'failover') return undefined
  const { failoverPriority } = own
  return failoverPriority === undefined ? byPlace(own) : byLabels(own, failoverPriority)
}

function byPlace(own: LocalitySettings): Distance {
  const { region = '', zone = '', failover = {} } = own
  const next = Object.hasOwn(failover, region) ? failover[region] : undefined
  return ({ locality }) => {
    if (isHome(locality, own)) return 0
    if (region !== '' && locality.region === region) return zone === '' ? 0 : 1
    return next !== undefined && locality.region === next ? 2 : 3
  }
}

function byLabels(own: LocalitySettings, names: readonly string[]): Distance {
  const wanted = names.map((entry) => {
    const [name = '', ...given] = entry.split('=')
    return { name, value: given.length > 0 ? given.join('=') : ownValue(own, name) }
  })
  return (endpoint) => {
    const common = wanted.findIndex(({ name, value }) => value === undefined || actualValue(endpoint, name) !== value)
    return common < 0 ? 0 : wanted.length - common
  }
}

function ownValue(own: LocalitySettings, name: string): string | undefined {
  if (name === 'region' || name === 'zone') return own[name]
  return own.labels?.[name]
}

function actualValue({ locality, labels }: Endpoint, name: string): string | undefined {
  return name === 'region' || name === 'zone' ? locality[name] : labels[name]
}
