import { open } from 'node:fs/promises'
import { printValue } from '../errors/print-value.ts'
import { errorText } from './error-text.ts'
import type { ResolverYield } from './resolver.ts'

/** How a file is written. */
export type FileFormat = 'json' | 'yaml'

/**
 * Reads a file, but no more than `maxBytes` of it.
 *
 * @throws Error when it is larger, is not a regular file, or cannot be read.
 */
export async function readText(path: string, maxBytes: number): Promise<string> {
  const handle = await open(path, 'r')
  try {
    const stats = await handle.stat()
    if (!stats.isFile()) throw new Error(`file ${path}: expected a regular file`)
    if (stats.size > maxBytes) throw new Error(`file ${path}: expected at most ${maxBytes} bytes, got ${stats.size}`)
    const text = await handle.readFile('utf8')
    // Some editors begin a file with a byte order mark, which no parser takes.
    return text.startsWith('\uFEFF') ? text.slice(1) : text
  } finally {
    await handle.close()
  }
}

/**
 * Makes an answer of the text of a file: a list, `{ endpoints: [...] }`, or `{ services: { orders: [...] } }`.
 *
 * @throws Error when it is nothing of that; the message names the file.
 */
export async function readContent(text: string, format: FileFormat, path: string, service: string): Promise<ResolverYield> {
  const content = await parse(text, format, path)
  if (!isRecord(content) || content.services === undefined) return endpointsOf(content, path)
  if (!isRecord(content.services)) throw wrong(path, "an object by service as 'services'", content.services)
  if (!Object.hasOwn(content.services, service)) return { kind: 'absent' }
  // In YAML, a name with nothing behind it.
  return endpointsOf(content.services[service] ?? [], path)
}

async function parse(text: string, format: FileFormat, path: string): Promise<unknown> {
  try {
    if (format === 'json') return JSON.parse(text) as unknown
    // Read when it is needed first: most programs never need it.
    const yaml = await import('yaml')
    return yaml.parse(text, { logLevel: 'error' }) as unknown
  } catch (error) {
    throw new Error(`file ${path}: expected ${format === 'json' ? 'JSON' : 'YAML'}: ${errorText(error)}`, { cause: error })
  }
}

function endpointsOf(content: unknown, path: string): ResolverYield {
  if (Array.isArray(content)) return content
  if (isRecord(content) && Array.isArray(content.endpoints)) return content.endpoints as ResolverYield
  throw wrong(path, 'a list of endpoints, { endpoints: [...] } or { services: { name: [...] } }', content)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wrong(path: string, expected: string, received: unknown): TypeError {
  return new TypeError(`file ${path}: expected ${expected}, got ${printValue(received)}`)
}
