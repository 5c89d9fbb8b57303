import type { ConfigProblem } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'
import { pathTo } from './config-problems.ts'
import { isPlainObject, isTexts } from './plan-pieces.ts'

type Settings = Readonly<Record<string, unknown>>

/** Sums of fractions such as 0.7 + 0.2 + 0.1 are off by less than that. */
const rounding = 1e-9

/**
 * What is wrong with a split though its settings may be right one by one: weights that do not add up, versions that the service does not declare, a ramp
 * that goes nowhere.
 *
 * @param settings the service, unchecked; what cannot be read is the schema's to tell.
 * @param path where it stands.
 */
export function splitProblems(settings: Settings, path: string): ConfigProblem[] {
  const { split, subsets = {} } = settings
  if (!isPlainObject(split)) return []
  const at = pathTo(path, 'split')
  const ramp = isPlainObject(split.ramp) ? split.ramp : undefined
  const declared = isPlainObject(subsets) ? subsets : {}
  const versions = [...new Set([...namesOf(split.weights), ...namesOf(ramp?.to)])]
  const problems = [...weightProblems(split.weights, pathTo(at, 'weights')), ...weightProblems(ramp?.to, pathTo(pathTo(at, 'ramp'), 'to'))]
  problems.push(...declaredProblems(split, ramp?.to, declared, at))
  if (isPlainObject(split.weights) && versions.length < 2)
    problems.push({
      path: pathTo(at, 'weights'),
      expected: 'at least two versions, here or in ramp.to',
      received: versions.join(', ') || 'none',
    })
  if (typeof split.stable === 'string' && split.stable !== '' && versions.length > 0 && !versions.includes(split.stable))
    problems.push({
      path: pathTo(at, 'stable'),
      expected: `one of the versions ${versions.join(', ')}`,
      received: printValue(split.stable),
    })
  if (ramp !== undefined) problems.push(...rampProblems(ramp, pathTo(at, 'ramp')))
  return problems
}

function namesOf(weights: unknown): string[] {
  return isPlainObject(weights) ? Object.keys(weights).filter((version) => weights[version] !== undefined) : []
}

function weightProblems(weights: unknown, path: string): ConfigProblem[] {
  const versions = namesOf(weights)
  const parts = versions.map((version) => (weights as Settings)[version])
  if (
    parts.length === 0 ||
    !parts.every((part): part is number => typeof part === 'number' && part >= 0 && part < Number.POSITIVE_INFINITY)
  )
    return []
  const sum = parts.reduce((all, part) => all + part, 0)
  if (Math.abs(sum - 100) < 100 * rounding || Math.abs(sum - 1) < rounding) return []
  const received = `${versions.map((version, i) => `${version} ${parts[i]}`).join(' + ')} = ${Number(sum.toPrecision(12))}`
  return [{ path, expected: 'weights that add up to 100, or to 1', received }]
}

function declaredProblems({ by, weights }: Settings, to: unknown, subsets: Settings, at: string): ConfigProblem[] {
  const labels = Object.keys(subsets)
  if (labels.length === 0 || typeof by !== 'string' || by === '') return []
  if (!labels.includes(by)) {
    const expected = `a label that .subset(...) declares: ${labels.join(', ')}`
    return [{ path: pathTo(at, 'by'), expected, received: printValue(by) }]
  }
  const values: unknown = subsets[by]
  if (!isTexts(values)) return []
  const expected = `versions that .subset(...) declares as values of the label ${by}: ${values.join(', ')}`
  const unknown = (named: unknown, path: string) =>
    namesOf(named).flatMap((version) => (values.includes(version) ? [] : [{ path, expected, received: printValue(version) }]))
  return [...unknown(weights, pathTo(at, 'weights')), ...unknown(to, pathTo(pathTo(at, 'ramp'), 'to'))]
}

function rampProblems({ over, steps, curve }: Settings, path: string): ConfigProblem[] {
  if ((over === undefined) === (steps === undefined)) {
    const received = over === undefined ? 'neither' : 'both'
    return [{ path, expected: 'either over, for a gradual ramp, or steps', received }]
  }
  if (steps === undefined) return []
  const problems: ConfigProblem[] = []
  if (curve !== undefined)
    problems.push({
      path: pathTo(path, 'curve'),
      expected: 'to be left out, because only a gradual ramp has a curve',
      received: printValue(curve),
    })
  if (!Array.isArray(steps)) return problems
  if (steps.length === 0) problems.push({ path: pathTo(path, 'steps'), expected: 'at least one step', received: 'none' })
  const shares = steps.map((step: unknown) => (isPlainObject(step) ? step.share : undefined))
  shares.forEach((share, i) => {
    const before = shares[i - 1]
    if (typeof share !== 'number' || typeof before !== 'number' || share > before) return
    const expected = `more than the step before it, which is at ${before}`
    problems.push({ path: pathTo(pathTo(pathTo(path, 'steps'), i), 'share'), expected, received: printValue(share) })
  })
  return problems
}
