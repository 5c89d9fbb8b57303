import { printValue } from '../errors/print-value.ts'
import { pathTo } from '../mesh/config-problems.ts'
import type { FileReading } from './file-reading.ts'
import { type Located, plainOf } from './located.ts'

/**
 * Certificates and keys: text in PEM, `{ file: path }` or `{ env: NAME }`, so that no key has to stand in a plan file.
 *
 * @param list whether there may be several.
 */
export function readPem(at: Located, list: boolean, path: string, reading: FileReading): unknown {
  if (list && at.kind === 'list' && at.items.length > 0) {
    const texts = at.items.map((item, i) => readPem(item, false, pathTo(path, i), reading)).filter((text) => text !== undefined)
    return texts.length === 0 ? undefined : texts
  }
  if (at.kind !== 'map') return plainOf(at)
  const [entry, ...others] = at.entries
  const [name, target] = entry ?? []
  const value = target?.value.kind === 'scalar' ? target.value.value : undefined
  if (others.length > 0 || (name !== 'file' && name !== 'env') || typeof value !== 'string' || value === '') {
    reading.problems.push({ path, expected: 'text in PEM, { file: path } or { env: NAME }', received: printValue(plainOf(at)) })
    return undefined
  }
  if (!reading.readsSecrets) return undefined
  const source = `${name}:${value}`
  if (!reading.secrets.has(source)) {
    reading.wanted.add(source)
    return undefined
  }
  const text = reading.secrets.get(source)
  if (text !== undefined && text !== '') return text
  const expected = name === 'file' ? 'a file that can be read, with text in PEM' : 'a variable of the environment, with text in PEM'
  reading.problems.push({
    path: pathTo(path, name),
    expected,
    received: `${printValue(value)}, which is ${text === '' ? 'empty' : 'not there'}`,
  })
  return undefined
}
