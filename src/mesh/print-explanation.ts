import type { ExplainedEndpoint, Explanation } from './explanation.ts'

/** So many endpoints are printed; the others are counted. */
const mostPrinted = 20

/**
 * An explanation as text: what would become of the call, what each policy would say, and the endpoints, the likeliest first.
 *
 * @param explanation from `net.explain`.
 * @returns several lines, without a line break at the end; no colours.
 * @example
 * ```ts
 * import { type Mesh, printExplanation } from 'proxyless'
 *
 * export function why(net: Mesh, url: string): void {
 *   console.log(printExplanation(net.explain(url)))
 * }
 * ```
 */
export function printExplanation(explanation: Explanation): string {
  const { outcome, because, by, service, route, method, path, matched, deadline, subset, tiers, endpoints, policies, balancer } =
    explanation
  const lines = [
    `${method} ${path} to ${route === undefined ? service : `${service}/${route}`}: ${outcome}${because === undefined ? '' : `, ${because}`}`,
  ]
  if (by === 'passthrough') lines.push('  no service has this host: straight to it')
  if (matched?.kind === 'alias') lines.push(`  by the alias ${matched.host}`)
  if (subset !== undefined) {
    const labels = Object.entries(subset.labels).map(([name, value]) => `${name}=${value}`)
    lines.push(`  subset ${labels.join(', ')}: ${subset.matching} endpoints${subset.fellBack ? ', by the fallback' : ''}`)
  }
  for (const { name, does, detail } of policies) {
    const from =
      name === 'deadline' && deadline.from !== 'nobody' ? `, of the ${deadline.from === 'inbound' ? 'inbound request' : deadline.from}` : ''
    lines.push(`  ${name}: ${does === 'sees' ? '' : `${does}, `}${detail}${from}`)
  }
  if (tiers.length > 1) {
    for (const { priority, distance, load, degradedLoad, healthy, endpoints: total, panic } of tiers)
      lines.push(
        `  tier ${priority}.${distance}: ${load + degradedLoad} of 100 calls, ${healthy} of ${total} healthy${panic ? ', in panic' : ''}`,
      )
  }
  if (balancer !== undefined)
    lines.push(`  ${balancer} chooses among ${endpoints.filter(({ eligible }) => eligible).length} of ${endpoints.length}:`)
  for (const endpoint of endpoints.slice(0, mostPrinted)) lines.push(`    ${endpointText(endpoint)}`)
  if (endpoints.length > mostPrinted) lines.push(`    ... and ${endpoints.length - mostPrinted} more`)
  return lines.join('\n')
}

function endpointText({ address, zone, chance, reason, detail, health, inFlight, load }: ExplainedEndpoint): string {
  const share = chance === undefined ? '   ?' : `${Math.round(chance * 100)}%`.padStart(4)
  const facts = [
    `${inFlight} in flight`,
    load === undefined ? '' : `load ${Math.round(load * 100) / 100}`,
    health === 'healthy' ? '' : health,
  ]
  const against = reason === undefined ? '' : `: ${reason}${detail === undefined ? '' : ` (${detail})`}`
  return `${share} ${address}${zone === '' ? '' : ` ${zone}`}, ${facts.filter((fact) => fact !== '').join(', ')}${against}`
}
