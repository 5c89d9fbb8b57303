import type { PlanFileProblem } from '../planfile/plan-file-error.ts'

/** How much of a long line is shown. */
const widest = 120

/**
 * The line of a file with what is wrong marked beneath it.
 *
 * @param line without its end; `undefined` when it is not known, which makes an empty frame.
 */
export function codeFrame(
  line: string | undefined,
  { line: number, column, length }: Pick<PlanFileProblem, 'line' | 'column' | 'length'>,
): string {
  if (line === undefined || line.trim() === '') return ''
  const from = Math.max(0, Math.min(column - 1 - widest / 2, line.length - widest))
  const shown = printable(line.slice(from, from + widest))
  const margin = ' '.repeat(String(number).length)
  const mark = '^'.repeat(Math.max(1, Math.min(length, from + widest - column + 1)))
  return `  ${number} | ${shown}\n  ${margin} | ${' '.repeat(column - 1 - from)}${mark}\n`
}

/** A text of a file on one line: what it holds must not move the cursor, or colour the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}|\p{Cf}/gu, ' ')
}
