/** What a service may say about how its endpoints are narrowed and divided. */
import * as v from 'valibot'
import { failoverDefaults } from '../routing/failover-options.ts'
import { type LocalityOptions, type LocalitySettings, localityDefaults } from '../routing/locality-options.ts'
import type { SubsetFallback } from '../routing/subset-fallback.ts'
import { type JsonSchema, someTexts, textsByName } from './plan-form.ts'
import { flag, integer, isPlainObject, number, oneOf, options, orFalse, text, thing } from './plan-pieces.ts'

/** See {@link FailoverOptions}. */
export const failoverSchema = options({
  spill: v.optional(oneOf(['proportional', 'all-or-nothing']), failoverDefaults.spill),
  overprovisioningFactor: v.optional(number({ from: 1, to: 100 }), failoverDefaults.overprovisioningFactor),
  panicThreshold: v.optional(number({ from: 0, to: 1 }), failoverDefaults.panicThreshold),
  failTrafficOnPanic: v.optional(flag(), failoverDefaults.failTrafficOnPanic),
})

type Texts = Readonly<Record<string, string>>

const isText = (value: unknown) => typeof value === 'string' && value !== ''

function copied<T extends object>() {
  return v.transform((given: T) => Object.freeze({ ...given }))
}

function texts(expected: string) {
  return v.pipe(
    thing<Texts>(expected, (value) => isPlainObject(value) && Object.entries(value).flat().every(isText), {
      ...textsByName,
      propertyNames: { minLength: 1 },
    }),
    copied(),
  )
}

function isNumbers(value: unknown): boolean {
  if (!isPlainObject(value)) return false
  const numbers = Object.values(value)
  return numbers.every((entry) => typeof entry === 'number' && entry >= 0 && entry < Number.POSITIVE_INFINITY) && numbers.some(Number)
}

const numbersExpected = 'finite numbers of at least 0 by place, not all 0'

const numbersInFile: JsonSchema = { type: 'object', minProperties: 1, additionalProperties: { type: 'number', minimum: 0 } }

const numbersByPlace = v.pipe(thing<Readonly<Record<string, number>>>(numbersExpected, isNumbers, numbersInFile), copied())

const clients = v.pipe(
  thing<'equal' | Readonly<Record<string, number>>>(`'equal', or ${numbersExpected}`, (value) => value === 'equal' || isNumbers(value), {
    anyOf: [{ const: 'equal' }, numbersInFile],
  }),
  v.transform((given) => (given === 'equal' ? given : Object.freeze({ ...given }))),
)

const labelNames = v.pipe(
  thing<readonly string[]>(
    'a list of at least one label',
    (value) => Array.isArray(value) && value.length > 0 && value.every(isText),
    someTexts,
  ),
  v.transform((given) => Object.freeze([...given])),
)

/** The options that only one mode reads. */
const optionModes: Readonly<Record<string, LocalitySettings['mode']>> = {
  weights: 'weighted',
  clients: 'zone-aware',
  minClusterSize: 'zone-aware',
  forceLocalZone: 'zone-aware',
  failover: 'failover',
  failoverPriority: 'failover',
  labels: 'failover',
}

/** What is wrong with a locality though its options may be right one by one. */
function localityProblem(given: Readonly<Record<string, unknown>>): { readonly key: string; readonly expected: string } | undefined {
  const { mode = localityDefaults.mode, zone, region, weights, failoverPriority } = given
  for (const [key, only] of Object.entries(optionModes)) {
    // A finished plan names every default, also those that its mode does not read.
    const said = given[key] !== undefined && given[key] !== localityDefaults[key as keyof typeof localityDefaults]
    if (said && mode !== only) return { key, expected: `to be left out, because only mode '${only}' reads it` }
  }
  if (mode === 'weighted' && weights === undefined) return { key: 'weights', expected: `${numbersExpected}, because mode is 'weighted'` }
  if (mode === 'zone-aware' && zone === undefined)
    return { key: 'zone', expected: "the zone of this process, because mode is 'zone-aware'" }
  const placed = zone !== undefined || region !== undefined || (mode === 'failover' && failoverPriority !== undefined)
  if ((mode === 'strict' || mode === 'failover') && !placed) {
    return { key: 'zone', expected: `the zone or the region of this process, because mode is '${mode}'` }
  }
  return undefined
}

/** See {@link LocalityOptions}. What comes out is a {@link LocalitySettings}. */
export const localitySchema = v.pipe(
  v.looseObject({}, 'an object of options'),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || !isPlainObject(dataset.value)) return
    const input = dataset.value
    const problem = localityProblem(input)
    if (problem === undefined) return
    const { key, expected } = problem
    addIssue({ message: expected, input: input[key], path: [{ type: 'object', origin: 'value', input, key, value: input[key] }] })
  }),
  options({
    region: v.optional(text('the name of a region')),
    zone: v.optional(text('the name of a zone')),
    labels: v.optional(texts("texts by name such as { version: 'v2' }")),
    mode: v.optional(oneOf(['zone-aware', 'weighted', 'failover', 'strict']), localityDefaults.mode),
    weights: v.optional(numbersByPlace),
    clients: v.optional(clients, localityDefaults.clients),
    minClusterSize: v.optional(integer({ from: 0 }), localityDefaults.minClusterSize),
    forceLocalZone: v.optional(orFalse(integer({ from: 1 })), localityDefaults.forceLocalZone),
    failover: v.optional(texts('names of regions by the name of a region')),
    failoverPriority: v.optional(labelNames),
  } satisfies { readonly [K in keyof LocalityOptions]-?: v.GenericSchema }),
)

const fallbackExpected = "'none', 'any', { subset: labels }, { alternatives: [labels, ...] } or { keys: [label, ...] }"

const isLabels = (value: unknown) => isPlainObject(value) && Object.keys(value).length > 0 && Object.values(value).every(isText)

function isFallback(value: unknown): boolean {
  if (value === 'none' || value === 'any') return true
  if (!isPlainObject(value)) return false
  const { panicModeAny, ...rule } = value
  if (panicModeAny !== undefined && typeof panicModeAny !== 'boolean') return false
  const [[name, what] = [], ...others] = Object.entries(rule)
  if (others.length > 0) return false
  if (name === 'subset') return isLabels(what)
  if (!Array.isArray(what) || what.length === 0) return false
  return name === 'alternatives' ? what.every(isLabels) : name === 'keys' && what.every(isText)
}

const labelsInFile: JsonSchema = { ...textsByName, minProperties: 1 }

function fallbackRule(name: string, what: JsonSchema): JsonSchema {
  return { type: 'object', required: [name], properties: { [name]: what, panicModeAny: { type: 'boolean' } }, additionalProperties: false }
}

function copyOf(rule: SubsetFallback): SubsetFallback {
  if (typeof rule === 'string') return rule
  if ('subset' in rule) return Object.freeze({ ...rule, subset: Object.freeze({ ...rule.subset }) })
  if ('keys' in rule) return Object.freeze({ ...rule, keys: Object.freeze([...rule.keys]) })
  return Object.freeze({ ...rule, alternatives: Object.freeze(rule.alternatives.map((labels) => Object.freeze({ ...labels }))) })
}

/** See {@link SubsetFallback}. */
export const subsetFallbackSchema = v.pipe(
  thing<SubsetFallback>(fallbackExpected, isFallback, {
    anyOf: [
      { enum: ['none', 'any'] },
      fallbackRule('subset', labelsInFile),
      fallbackRule('alternatives', { type: 'array', minItems: 1, items: labelsInFile }),
      fallbackRule('keys', someTexts),
    ],
  }),
  v.transform(copyOf),
)
