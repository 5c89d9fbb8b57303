import type { Call } from '../call/call.ts'
import { type Survey, survey } from '../routing/survey.ts'
import type { ExplainedSplit } from './explanation.ts'
import type { ServiceFacts } from './service-facts.ts'

/** Calls that go to endpoints with these labels, as a share of all. */
export interface VersionShare {
  readonly share: number
  readonly found: Survey
}

/** How a split would divide a call. */
export interface SplitView {
  readonly told: ExplainedSplit
  /** By the version that serves, those that get anything. */
  readonly shares: readonly VersionShare[]
}

/** How the split of a service, or of the route, would divide a call now; `undefined` for a call that is not divided. It draws nothing. */
export function explainSplit(call: Call, { parts, directory, judges }: ServiceFacts): SplitView | undefined {
  const outlook = parts.split?.peek(call)
  if (outlook === undefined) return undefined
  const { by, stable, state, drawn } = outlook
  const names = Object.keys(outlook.shares)
  const looks = new Map(
    names.map((name) => {
      const found = survey(directory.endpoints, { ...call.subset, [by]: name }, judges.board, parts.routing)
      const [first] = found.matching
      const isThere = first !== undefined && first.labels[by] === name
      const isFit = found.tiers.some(({ healthy, degraded }) => healthy + degraded > 0)
      return [name, { found, isThere, serves: isThere && isFit }] as const
    }),
  )
  /** As routing does it: the stable version stands in, and any other for one that has no endpoint at all. */
  const servedBy = (name: string): string => {
    const serves = (other: string) => looks.get(other)?.serves === true
    if (serves(name)) return name
    if (serves(stable)) return stable
    const other = looks.get(name)?.isThere === true ? undefined : names.findLast((one) => serves(one))
    return other ?? name
  }
  const versions = names.map((name) => {
    const share = drawn === undefined ? (outlook.shares[name] as number) : name === drawn ? 1 : 0
    return [name, { share, servedBy: servedBy(name) }] as const
  })
  const shares = names.flatMap((name) => {
    const share = versions.reduce((sum, [, version]) => (version.servedBy === name ? sum + version.share : sum), 0)
    return share === 0 ? [] : [{ share, found: (looks.get(name) as { found: Survey }).found }]
  })
  return { told: { by, state, sticky: drawn, versions: Object.fromEntries(versions) }, shares }
}
