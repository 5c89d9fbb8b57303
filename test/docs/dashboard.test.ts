import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import ts from 'typescript'

const root = join(import.meta.dirname, '..', '..')

interface Board {
  readonly panels: readonly {
    readonly id: number
    readonly title: string
    readonly type: string
    readonly description?: string
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  }[]
}

const { panels, ...board } = JSON.parse(readFileSync(join(root, 'dashboards/proxyless.json'), 'utf8')) as Board

/** As literals, so that what is not known of is a mistake; enumerations are compared by their values. */
const model = `
import type { Dashboard, DataQuery, FieldConfig, Panel, RowPanel, VariableModel } from '@grafana/schema'
import type { Options as StatOptions } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen'
import type { FieldConfig as SeriesField, Options as SeriesOptions } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen'

type Plain<T> = T extends string
  ? \`\${T}\`
  : T extends number
    ? \`\${T}\` extends \`\${infer N extends number}\` ? N : T
    : T extends boolean | null | undefined
      ? T
      : T extends readonly (infer E)[] ? readonly Plain<E>[] : { [K in keyof T]: Plain<T[K]> }

/** What Grafana's data source for Prometheus takes beside. */
interface Target extends DataQuery {
  expr: string
  editorMode?: 'code' | 'builder'
  legendFormat?: string
  range?: boolean
  instant?: boolean
}

interface Config<Custom> {
  defaults: Omit<FieldConfig, 'custom'> & { custom?: Partial<Custom> }
  overrides: []
}

type Shown<Type, Options, Custom = object> = Omit<Panel, 'type' | 'options' | 'fieldConfig' | 'targets'> & {
  type: Type
  options: Partial<Options>
  fieldConfig: Config<Custom>
  targets: Target[]
}

/** The definition of a variable is what Grafana itself writes, although the model does not have it. */
type Variables = { list: (VariableModel & { definition?: string })[] }

export const board = ${JSON.stringify(board)} satisfies Plain<Omit<Dashboard, 'panels' | 'templating'> & { templating: Variables }>
export const rows = ${literal('row')} satisfies Plain<RowPanel>[]
export const stats = ${literal('stat')} satisfies Plain<Shown<'stat', StatOptions>>[]
export const series = ${literal('timeseries')} satisfies Plain<Shown<'timeseries', SeriesOptions, SeriesField>>[]
`

function literal(type: string): string {
  return JSON.stringify(panels.filter((panel) => panel.type === type))
}

/** Those of the model and of the language, which are the same every time. */
const parsed = new Map<string, ts.SourceFile | undefined>()

function mistakesIn(code: string): readonly string[] {
  const name = join(root, 'test', 'docs', 'dashboard.model.ts')
  const settings: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  }
  const host = ts.createCompilerHost(settings)
  const { fileExists, getSourceFile } = host
  host.fileExists = (file) => file === name || fileExists(file)
  host.getSourceFile = (file, language, ...rest) => {
    if (file === name) return ts.createSourceFile(file, code, language)
    if (!parsed.has(file)) parsed.set(file, getSourceFile(file, language, ...rest))
    return parsed.get(file)
  }
  const program = ts.createProgram([name], settings, host)
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

test("the dashboard is one by Grafana's own model of dashboards, and what the model does not know is found", () => {
  assert.deepEqual(mistakesIn(model), [])
  for (const [right, wrong] of [
    ['"fillOpacity"', '"filOpacity"'],
    ['"displayMode":"table"', '"displayMode":"tabel"'],
    ['"showLegend":true,', ''],
    ['"graphTooltip":1', '"graphTooltip":7'],
  ] as const) {
    assert.ok(model.includes(right), right)
    assert.equal(mistakesIn(model.replace(right, wrong)).length, 1, wrong)
  }
})

test('panels have a kind that is looked at above, an id of their own, and a description unless they are a row', () => {
  assert.deepEqual([...new Set(panels.map(({ type }) => type))].toSorted(), ['row', 'stat', 'timeseries'])
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  for (const { title, type, description = '' } of panels) assert.ok(type === 'row' || description !== '', title)
})

test('panels stand beside each other, within the 24 columns, in the order in which they are read', () => {
  const taken = new Map<string, string>()
  for (const { title, gridPos } of panels) {
    assert.ok(gridPos.x >= 0 && gridPos.x + gridPos.w <= 24, title)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        assert.equal(taken.get(`${x} ${y}`), undefined, `${title} lies over ${taken.get(`${x} ${y}`)}`)
        taken.set(`${x} ${y}`, title)
      }
    }
  }
  const places = panels.map(({ gridPos: { x, y } }) => y * 24 + x)
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  )
})
