import type { Endpoint } from '../endpoint/endpoint.ts'

/** Labels that a call asks for. A label whose value is `undefined` is not asked for. */
export type SubsetLabels = Readonly<Record<string, string | undefined>>

/** At most so many values, or labels, are named in a message. */
const mostNamed = 5

/**
 * One text for one subset, whatever the order of its labels.
 *
 * @param labels what the call asks for.
 * @returns the empty text for no labels, which means any endpoint.
 */
export function subsetKey(labels: SubsetLabels): string {
  const names = Object.keys(labels)
  if (names.length > 1) names.sort()
  let key = ''
  for (const name of names) {
    const value = labels[name]
    if (value === undefined) continue
    // With lengths in front no two subsets read alike, whatever characters their values hold.
    key += `${name.length}:${name}${value.length}:${value}`
  }
  return key
}

/** Whether an endpoint carries all of the labels. */
export function carries(endpoint: Endpoint, labels: SubsetLabels): boolean {
  return asked(labels).every(([name, value]) => endpoint.labels[name] === value)
}

/** The endpoints that carry all of the labels, in their order. */
export function endpointsOfSubset(endpoints: readonly Endpoint[], labels: SubsetLabels): readonly Endpoint[] {
  const wanted = asked(labels)
  return Object.freeze(endpoints.filter((endpoint) => wanted.every(([name, value]) => endpoint.labels[name] === value)))
}

/**
 * Says why no endpoint carries the labels: a label that none has, a value that none has, or values that do not occur together.
 *
 * @param endpoints the service's endpoints.
 * @param labels labels that no endpoint carries together.
 */
export function describeUnmatchedSubset(endpoints: readonly Endpoint[], labels: SubsetLabels): string {
  const wanted = asked(labels)
  const text = wanted.map(([name, value]) => `${name}=${value}`).join(', ')
  const among = endpoints.length === 1 ? 'the only endpoint does not carry' : `none of ${endpoints.length} endpoints carries`
  const reasons: string[] = []
  for (const [name, value] of wanted) {
    const values = valuesOf(endpoints, name)
    if (values.size === 0) reasons.push(`no endpoint has a label ${name}; there ${namesOf(endpoints)}`)
    else if (!values.has(value)) reasons.push(`${name} has the values ${list(values)}`)
  }
  if (reasons.length === 0) reasons.push('each value occurs, but not together')
  return `${among} ${text}: ${reasons.join('; ')}`
}

function asked(labels: SubsetLabels): readonly (readonly [string, string])[] {
  return Object.entries(labels).filter((label): label is [string, string] => label[1] !== undefined)
}

function valuesOf(endpoints: readonly Endpoint[], name: string): ReadonlySet<string> {
  const values = new Set<string>()
  for (const { labels } of endpoints) {
    const value = Object.hasOwn(labels, name) ? labels[name] : undefined
    if (value !== undefined) values.add(value)
  }
  return values
}

function namesOf(endpoints: readonly Endpoint[]): string {
  const names = new Set<string>()
  for (const { labels } of endpoints) for (const name of Object.keys(labels)) names.add(name)
  if (names.size === 0) return 'are no labels at all'
  return names.size === 1 ? `is only ${list(names)}` : `are ${list(names)}`
}

function list(values: ReadonlySet<string>): string {
  const sorted = [...values].sort()
  const named = sorted.slice(0, mostNamed).join(', ')
  return sorted.length > mostNamed ? `${named} and ${sorted.length - mostNamed} more` : named
}
