import { loadReportText, readLoadReport } from './load-report.ts'
import type { Reply } from './reply.ts'

const textForm = 'TEXT '
const [space, comma, equals, point, zero, nine] = Array.from(' ,=.09', (sign) => sign.charCodeAt(0)) as [
  number,
  number,
  number,
  number,
  number,
  number,
]
/** Whole numbers of so many digits are exact, and so is each power of ten up to it. */
const mostDigits = 15
const powersOfTen = Float64Array.from({ length: mostDigits + 1 }, (_, digits) => 10 ** digits)

/**
 * Reads a few metrics of the load report of a reply, and nothing else of it: what `readLoadReport` would say. Of a report as text, which is
 * what servers write, nothing is left behind for the collector of garbage; replies come by the thousand.
 *
 * @param reply what came.
 * @param names of metrics as a `LoadReport` has them, such as `'named_metrics.rif'`; none that may be spelled in another way.
 * @param into their values, in the order of the names; `NaN` for what is not there, negative, or no number.
 */
export function readLoadMetrics(reply: Pick<Reply, 'headers'>, names: readonly string[], into: Float64Array): void {
  const text = loadReportText(reply)
  if (text !== undefined && readPlainText(text, names, into)) return
  const report = text === undefined ? undefined : readLoadReport(reply)
  for (let i = 0; i < names.length; i += 1) into[i] = report?.get(names[i] as string) ?? Number.NaN
}

/** @returns whether it could: not if anything about the metrics is unusual. */
function readPlainText(text: string, names: readonly string[], into: Float64Array): boolean {
  if (!text.startsWith(textForm)) return false
  for (let i = 0; i < names.length; i += 1) {
    const name = names[i] as string
    const at = text.indexOf(name)
    if (at < 0) into[i] = Number.NaN
    else {
      const end = at + name.length
      if (!beginsPair(text, at) || text.charCodeAt(end) !== equals || text.indexOf(name, end) >= 0) return false
      const value = plainNumber(text, end + 1)
      if (Number.isNaN(value)) return false
      into[i] = value
    }
  }
  return true
}

/** Whether nothing but spaces is between here and the comma, or the beginning, before. */
function beginsPair(text: string, at: number): boolean {
  let before = at - 1
  while (text.charCodeAt(before) === space && before >= textForm.length) before -= 1
  return before < textForm.length || text.charCodeAt(before) === comma
}

/** The number that begins here and ends with the comma: digits, with a point among them or without. `NaN` for whatever else is there. */
function plainNumber(text: string, from: number): number {
  let digits = 0
  let count = 0
  let whole = -1
  for (let at = from; at < text.length; at += 1) {
    const sign = text.charCodeAt(at)
    if (sign === comma) break
    if (sign === point && whole < 0) whole = count
    else if (sign >= zero && sign <= nine && count < mostDigits) {
      digits = 10 * digits + sign - zero
      count += 1
    } else return Number.NaN
  }
  if (count === 0) return Number.NaN
  return whole < 0 ? digits : digits / (powersOfTen[count - whole] as number)
}
