// Writes schema/mesh.schema.json, the JSON Schema of plan files, from the schemas of the plan. `npm run schema`
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import * as v from 'valibot'
import { formOf, type JsonSchema, type StrategyKind } from '../src/mesh/plan-form.ts'
import { fileNameOf, fileSlots, slotSchemas } from '../src/planfile/file-slots.ts'
import { strategiesOf } from '../src/planfile/make-strategy.ts'
import { quotaSchema } from '../src/planfile/quotas.ts'
import { resolvers } from '../src/planfile/resolvers.ts'

const root = join(import.meta.dirname, '..')

/** Where the schema is. */
export const schemaFile = join(root, 'schema', 'mesh.schema.json')

const kinds: readonly StrategyKind[] = ['resolver', 'balancer', 'meter', 'limit', 'quota', 'policy']
const known = { resolvers: resolvers((path) => path) }

/** A schema of valibot as JSON Schema. What says nothing of itself is anything, and is left to the reader of the file. */
export function toJsonSchema(schema: v.GenericSchema): JsonSchema {
  const form = formOf(schema)
  switch (form?.kind) {
    case 'options':
      return objectOf(Object.entries(form.entries))
    case 'by-name':
      return { type: 'object', additionalProperties: toJsonSchema(form.schema) }
    case 'or-false':
      return { anyOf: [{ const: false }, toJsonSchema(form.schema)] }
    case 'or-alone':
      return { anyOf: [toJsonSchema(form.alone), toJsonSchema(form.schema)] }
    case 'strategy':
      return form.json === undefined ? { $ref: `#/definitions/${form.of}` } : { anyOf: [form.json, { $ref: `#/definitions/${form.of}` }] }
    case 'secret':
      return form.list
        ? { anyOf: [{ $ref: '#/definitions/secret' }, { type: 'array', minItems: 1, items: { $ref: '#/definitions/secret' } }] }
        : { $ref: '#/definitions/secret' }
    case 'value':
      return form.json
    default:
      return jsonByType(schema)
  }
}

interface KnownSchema {
  readonly type: string
  readonly wrapped?: v.GenericSchema
  readonly default?: unknown
  readonly item?: v.GenericSchema
  readonly value?: v.GenericSchema
  readonly literal?: unknown
  readonly options?: readonly unknown[]
  readonly pipe?: readonly { readonly type: string; readonly requirement?: unknown }[]
}

/** Schemas that valibot itself has. */
function jsonByType(schema: v.GenericSchema): JsonSchema {
  const { type, wrapped, default: byDefault, item, value, literal, options, pipe } = schema as unknown as KnownSchema
  if (wrapped !== undefined) return { ...toJsonSchema(wrapped), ...defaultOf(byDefault) }
  const least = pipe?.find((step) => step.type === 'min_length')?.requirement
  if (type === 'array' && item !== undefined)
    return { type: 'array', items: toJsonSchema(item), ...(least !== undefined && { minItems: least }) }
  if (type === 'record' && value !== undefined) return { type: 'object', additionalProperties: toJsonSchema(value) }
  if (type === 'literal') return { const: literal }
  if (type === 'picklist' && options !== undefined) return { enum: options }
  if ((type === 'union' || type === 'variant') && options !== undefined)
    return { anyOf: options.map((each) => toJsonSchema(each as v.GenericSchema)) }
  if (type === 'string' || type === 'number' || type === 'boolean') return { type }
  return {}
}

/** What a setting is when nothing is said, if that can be written down and says more than "its own defaults". */
function defaultOf(value: unknown): JsonSchema {
  if (value === undefined || typeof value === 'function') return {}
  if (value === Number.POSITIVE_INFINITY) return { default: 'Infinity' }
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0 && !Array.isArray(value) ? {} : { default: value }
}

function objectOf(entries: readonly (readonly [string, v.GenericSchema])[]): JsonSchema {
  const required = entries.filter(([, schema]) => !v.is(schema, undefined)).map(([name]) => name)
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, schema]) => [name, toJsonSchema(schema)])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  }
}

/** A strategy: its name, its name with what it takes, or one that the program hands in. */
function strategyOf(kind: StrategyKind): JsonSchema {
  const strategies = Object.entries(strategiesOf(kind, known))
  const alone = strategies.filter(([, { alone }]) => alone).map(([name]) => name)
  const custom = {
    description: 'One that the program hands in, by its name, or by its name with what it takes.',
    anyOf: [
      { type: 'string', minLength: 1 },
      { type: 'object', minProperties: 1, maxProperties: 1 },
    ],
  }
  const properties = { ...Object.fromEntries(strategies.map(([name, { schema }]) => [name, toJsonSchema(schema)])), custom }
  const withOptions = { type: 'object', minProperties: 1, maxProperties: 1, properties, additionalProperties: false }
  if (kind === 'quota') return { anyOf: [toJsonSchema(quotaSchema), withOptions] }
  return alone.length === 0 ? withOptions : { anyOf: [{ enum: alone }, withOptions] }
}

/** What the plan says of its settings, by the names that files have. */
function descriptions(): ReadonlyMap<string, string> {
  const source = ts.createSourceFile('plan.ts', readFileSync(join(root, 'src/mesh/plan.ts'), 'utf8'), ts.ScriptTarget.ESNext, true)
  const input = source.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === 'ServicePlanInput')
  const members = input !== undefined && ts.isInterfaceDeclaration(input) ? input.members : []
  return new Map(
    members.map((member) => {
      const [doc] = ts.getJSDocCommentsAndTags(member)
      const text = doc === undefined ? '' : (ts.getTextOfJSDocComment(doc.comment as string) ?? '')
      return [fileNameOf(member.name?.getText() ?? ''), text.replaceAll(/\s+/g, ' ')]
    }),
  )
}

/** The JSON Schema of plan files. */
export function planSchema(): JsonSchema {
  const said = descriptions()
  const slots = [...fileSlots].map(([name, { planName, shared }]) => {
    const description = said.get(name)
    const json = toJsonSchema(slotSchemas[planName] as v.GenericSchema)
    // A description beside a reference would not be read.
    const own = '$ref' in json ? { allOf: [json] } : json
    return { name, shared, json: description === undefined ? own : { ...own, description } }
  })
  const bare = { description: 'Switches off whatever protects by default.', type: 'boolean' }
  const settings = (those: typeof slots) => ({
    ...Object.fromEntries(those.map(({ name }) => [name, { $ref: `#/definitions/${name}` }])),
    bare,
  })
  const name = { type: 'string', minLength: 1 }
  return {
    // The draft that editors know best.
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A plan of proxyless',
    description: 'What a mesh knows of the services that it calls.',
    type: 'object',
    required: ['services'],
    properties: {
      $schema: { type: 'string', description: 'Where this schema is, for editors.' },
      name: { ...name, description: 'Names the mesh in its snapshot.' },
      outbound: { enum: ['passthrough', 'registered-only'], description: 'What happens to hosts that no service declares.' },
      defaults: {
        description: 'Settings for every service that does not say otherwise.',
        type: 'object',
        properties: settings(slots.filter(({ shared }) => shared)),
        additionalProperties: false,
      },
      services: {
        description: 'Every service by name.',
        type: 'object',
        propertyNames: { pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$' },
        additionalProperties: { $ref: '#/definitions/service' },
      },
    },
    additionalProperties: false,
    definitions: {
      ...Object.fromEntries(slots.map(({ name, json }) => [name, json])),
      service: { type: 'object', required: ['resolve'], properties: settings(slots), additionalProperties: false },
      ...Object.fromEntries(kinds.map((kind) => [kind, strategyOf(kind)])),
      function: {
        description: 'A function that the program hands in, by its name.',
        type: 'object',
        required: ['function'],
        properties: { function: name },
        additionalProperties: false,
      },
      secret: {
        description: 'The text itself, or where it is: a file, by a path from the folder of this one, or a variable of the environment.',
        anyOf: [
          name,
          { type: 'object', required: ['file'], properties: { file: name }, additionalProperties: false },
          { type: 'object', required: ['env'], properties: { env: name }, additionalProperties: false },
        ],
      },
    },
  }
}

/** The text of the schema file. */
export function planSchemaText(): string {
  return `${JSON.stringify(planSchema(), null, 2)}\n`
}

if (process.argv[1] === import.meta.filename) writeFileSync(schemaFile, planSchemaText())
