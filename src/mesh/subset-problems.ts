import type { ConfigProblem } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'
import { pathTo } from './config-problems.ts'
import { isPlainObject, isTexts } from './plan-pieces.ts'

/**
 * Labels that a rule for subsets names and the service does not declare.
 *
 * @param settings the service, unchecked; what cannot be read is the schema's to tell.
 * @param path where it stands.
 */
export function fallbackProblems(settings: Readonly<Record<string, unknown>>, path: string): ConfigProblem[] {
  const { subsets = {}, subsetFallback: rule } = settings
  if (!isPlainObject(subsets) || !isPlainObject(rule)) return []
  const problem = (what: string, known: readonly unknown[], received: unknown): ConfigProblem => ({
    path: pathTo(path, 'subsetFallback'),
    expected: `${what} that .subset(...) declares${known.length === 0 ? '' : `: ${known.join(', ')}`}`,
    received: printValue(received),
  })
  const labels = Object.keys(subsets)
  const unknown = (label: unknown) => (labels.includes(label as string) ? [] : [problem('a label', labels, label)])
  if (Array.isArray(rule.keys)) return rule.keys.flatMap(unknown)
  const named: readonly unknown[] = Array.isArray(rule.alternatives) ? rule.alternatives : [rule.subset]
  return named.filter(isPlainObject).flatMap((subset) =>
    Object.entries(subset).flatMap(([label, value]) => {
      const values: unknown = subsets[label]
      if (!Array.isArray(values)) return unknown(label)
      return !isTexts(values) || values.includes(value as string) ? [] : [problem(`a value of the label ${label}`, values, value)]
    }),
  )
}
