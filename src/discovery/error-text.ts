import { printValue } from '../errors/print-value.ts'

/** What went wrong, as one line. */
export function errorText(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : printValue(error)
}
