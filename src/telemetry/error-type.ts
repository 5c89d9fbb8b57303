/** What metrics call `error.type`: the status from 400 on, or the code of the error; `undefined` when nothing went wrong, and for a caller that left. */
export function errorTypeOf(result: number | string): string | undefined {
  const wrong = typeof result === 'number' ? result >= 400 : result !== 'ABORTED'
  return wrong ? String(result) : undefined
}
