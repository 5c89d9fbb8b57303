import { printValue } from '../errors/print-value.ts'
import { pathTo } from '../mesh/config-problems.ts'
import type { PlanForm } from '../mesh/plan-form.ts'
import type { FileReading } from './file-reading.ts'
import { type Located, plainOf } from './located.ts'

type SecretForm = Extract<PlanForm, { readonly kind: 'secret' }>

/** Certificates, keys and passwords: the text itself, `{ file: path }` or `{ env: NAME }`, so that no secret has to stand in a plan file. */
export function readSecret(at: Located, form: SecretForm, path: string, reading: FileReading): unknown {
  const { what } = form
  if (form.list && at.kind === 'list' && at.items.length > 0) {
    const texts = at.items
      .map((item, i) => readSecret(item, { ...form, list: false }, pathTo(path, i), reading))
      .filter((text) => text !== undefined)
    return texts.length === 0 ? undefined : texts
  }
  if (at.kind !== 'map') return plainOf(at)
  const [entry, ...others] = at.entries
  const [name, target] = entry ?? []
  const value = target?.value.kind === 'scalar' ? target.value.value : undefined
  if (others.length > 0 || (name !== 'file' && name !== 'env') || typeof value !== 'string' || value === '') {
    reading.problems.push({ path, expected: `${what}, { file: path } or { env: NAME }`, received: printValue(plainOf(at)) })
    return form.unread
  }
  if (!reading.readsSecrets) return form.unread
  const source = `${name}:${value}`
  if (!reading.secrets.has(source)) {
    reading.wanted.add(source)
    return undefined
  }
  const text = reading.secrets.get(source)
  if (text !== undefined && text !== '') return text
  const expected = name === 'file' ? `a file that can be read, with ${what}` : `a variable of the environment, with ${what}`
  reading.problems.push({
    path: pathTo(path, name),
    expected,
    received: `${printValue(value)}, which is ${text === '' ? 'empty' : 'not there'}`,
  })
  return form.unread
}
