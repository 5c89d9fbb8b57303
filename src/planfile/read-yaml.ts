import type { Alias, Document, Node, Pair, YAMLMap } from 'yaml'
import { printValue } from '../errors/print-value.ts'
import type { Located, LocatedEntry, Span } from './located.ts'
import { deepest, mostValues, type TextFault, UnreadableText } from './text-fault.ts'

type Yaml = typeof import('yaml')

/**
 * Reads YAML 1.2 with the place of every value. Anchors, aliases and merge keys (`<<`) are understood.
 *
 * @throws UnreadableText when it is no YAML, says something twice, or has values that a plan cannot have.
 */
export async function readYaml(text: string): Promise<Located> {
  // Read when it is needed first: most programs never need it.
  const yaml = await import('yaml')
  return new YamlReader(yaml, parse(yaml, text)).read()
}

function parse(yaml: Yaml, text: string): Document.Parsed {
  let document: Document.Parsed
  try {
    // Names that stand twice are looked for below: the parser's own search takes time with the square of their number.
    document = yaml.parseDocument(text, { prettyErrors: false, uniqueKeys: false, logLevel: 'error' })
  } catch (error) {
    // Such as a stack that overflowed.
    const received = error instanceof Error ? error.message : String(error)
    throw new UnreadableText([{ start: 0, end: 0, expected: 'YAML', received }], { cause: error })
  }
  const several = document.errors.find(({ code }) => code === 'MULTIPLE_DOCS')
  if (several !== undefined) {
    throw new UnreadableText([
      { start: several.pos[0], end: several.pos[1], expected: 'one document', received: 'several, divided by ---' },
    ])
  }
  const faults = [...document.errors, ...document.warnings].map(
    ({ pos, message }): TextFault => ({ start: pos[0], end: pos[1], expected: 'YAML', received: message.split('\n')[0] ?? message }),
  )
  if (faults.length > 0) throw new UnreadableText(faults.slice(0, 20))
  return document
}

/** What an anchor stands for, and how many values that is. */
interface Anchored {
  readonly located: Located
  readonly size: number
}

class YamlReader {
  readonly #yaml: Yaml
  readonly #document: Document.Parsed
  readonly #anchors = new Map<string, Anchored>()
  readonly #faults: TextFault[] = []
  /** Values so far. Aliases share what they name, so that it is this number and not memory that a bomb of anchors blows up. */
  #size = 0

  constructor(yaml: Yaml, document: Document.Parsed) {
    this.#yaml = yaml
    this.#document = document
  }

  read(): Located {
    const located = this.#value(this.#document.contents, { start: 0, end: 0 }, 0)
    if (this.#faults.length > 0) throw new UnreadableText(this.#faults)
    return located
  }

  #value(node: Node | null, otherwise: Span, depth: number): Located {
    const span = spanOf(node) ?? otherwise
    if (depth > deepest) this.#refuse(span, `values nested at most ${deepest} deep`, 'more')
    if (this.#yaml.isAlias(node)) return this.#alias(node, span)
    const before = this.#size
    this.#count(1, span)
    const located = this.#content(node, span, depth)
    const anchor = this.#yaml.isNode(node) && 'anchor' in node ? node.anchor : undefined
    if (anchor !== undefined) this.#anchors.set(anchor, { located, size: this.#size - before })
    return located
  }

  #content(node: Node | null, span: Span, depth: number): Located {
    if (this.#yaml.isMap(node)) return { kind: 'map', ...span, entries: this.#entries(node, depth) }
    if (this.#yaml.isSeq(node)) {
      return { kind: 'list', ...span, items: node.items.map((item) => this.#value(item as Node | null, span, depth + 1)) }
    }
    const value: unknown = this.#yaml.isScalar(node) ? node.value : null
    if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      return { kind: 'scalar', ...span, value }
    }
    this.#faults.push({ ...span, expected: 'text, a number, true, false, null, a list or a map', received: printValue(value) })
    return { kind: 'scalar', ...span, value: null }
  }

  #alias(node: Alias, span: Span): Located {
    const found = this.#anchors.get(node.source)
    if (found === undefined) return this.#refuse(span, 'an alias of an anchor that ends before it', `*${node.source}`)
    this.#count(found.size, span)
    return found.located
  }

  #entries(map: YAMLMap, depth: number): Map<string, LocatedEntry> {
    const own = new Map<string, LocatedEntry>()
    const merged: Located[] = []
    for (const pair of map.items as readonly Pair<Node | null, Node | null>[]) {
      const key = spanOf(pair.key) ?? spanOf(map) ?? { start: 0, end: 0 }
      const name = this.#name(pair.key)
      if (name === undefined) {
        this.#faults.push({ ...key, expected: 'a text as the name of a value', received: 'another kind of value' })
        continue
      }
      const value = this.#value(pair.value, { start: key.end, end: key.end }, depth + 1)
      if (own.has(name)) this.#faults.push({ ...key, expected: 'a name that stands here once', received: `${printValue(name)} twice` })
      else if (name === '<<') merged.push(value)
      else own.set(name, { key, value })
    }
    for (const source of merged) this.#merge(source, own)
    return own
  }

  /** What stands in the map itself wins over what is merged into it, and the first source over those after it. */
  #merge(source: Located, into: Map<string, LocatedEntry>): void {
    for (const map of source.kind === 'list' ? source.items : [source]) {
      if (map.kind === 'map') for (const [name, entry] of map.entries) into.has(name) || into.set(name, entry)
      else
        this.#faults.push({
          start: map.start,
          end: map.end,
          expected: 'a map, or a list of maps, to merge',
          received: 'another kind of value',
        })
    }
  }

  #name(key: Node | null): string | undefined {
    const value: unknown = this.#yaml.isScalar(key) ? key.value : undefined
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
  }

  #count(values: number, span: Span): void {
    this.#size += values
    if (this.#size > mostValues) this.#refuse(span, `at most ${mostValues} values, those behind aliases counted each time`, 'more')
  }

  #refuse(span: Span, expected: string, received: string): never {
    throw new UnreadableText([{ ...span, expected, received }])
  }
}

function spanOf(node: Node | null): Span | undefined {
  const range = node?.range
  return range === undefined || range === null ? undefined : { start: range[0], end: range[1] }
}
