import type { EndpointSpec } from '../endpoint/endpoint.ts'
import { endpointUrlExpectation, readEndpointAddress } from '../endpoint/endpoint-address.ts'
import { reportedHealths, specProblem } from '../endpoint/roster.ts'
import type { ConfigProblem } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'

/** Every field of an endpoint beside its URL, and what is expected of it. */
const expectations: { readonly [K in Exclude<keyof EndpointSpec, 'url'>]-?: string } = {
  weight: 'a number in (0, Infinity)',
  region: 'a text',
  zone: 'a text',
  priority: 'an integer in [0, 127]',
  labels: "texts by name such as { version: 'v2' }",
  servername: 'a text',
  health: reportedHealths,
}

/**
 * What is wrong with a list of endpoints that a user wrote into a plan.
 *
 * @param specs the list: URLs, or objects with a `url`.
 * @param path what the list is called in the messages, such as `services.orders.resolve.endpoints`.
 * @returns every problem; none when the list can be used as it is.
 */
export function endpointSpecProblems(specs: unknown, path = 'endpoints'): ConfigProblem[] {
  if (!Array.isArray(specs) || specs.length === 0)
    return [{ path, expected: 'a list of at least one endpoint', received: printValue(specs) }]
  return specs.flatMap((entry: unknown, i) => entryProblems(entry, `${path}[${i}]`))
}

function entryProblems(entry: unknown, path: string): ConfigProblem[] {
  if (typeof entry === 'string') return urlProblems(entry, path)
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    return [{ path, expected: `${endpointUrlExpectation}, or an object with such a url`, received: printValue(entry) }]
  }
  const fields = entry as Readonly<Record<string, unknown>>
  const problems = urlProblems(fields.url, `${path}.url`)
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'url') continue
    const expected = Object.hasOwn(expectations, name) ? expectations[name as keyof typeof expectations] : undefined
    if (expected === undefined) {
      const known = ['url', ...Object.keys(expectations)].join(', ')
      problems.push({ path: `${path}.${name}`, expected: `one of ${known}`, received: 'an unknown name' })
    } else if (specProblem({ url: '', [name]: value }) !== undefined) {
      problems.push({ path: `${path}.${name}`, expected, received: printValue(value) })
    }
  }
  return problems
}

function urlProblems(url: unknown, path: string): ConfigProblem[] {
  return readEndpointAddress(url, false) === undefined ? [{ path, expected: endpointUrlExpectation, received: printValue(url) }] : []
}
