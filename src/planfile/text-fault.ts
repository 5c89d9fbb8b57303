import type { Span } from './located.ts'

/** One thing for which a text cannot be read at all. */
export interface TextFault extends Span {
  /** What should have been there. */
  readonly expected: string
  /** What came. */
  readonly received: string
}

/** Thrown by a reader of texts. */
export class UnreadableText extends Error {
  /** At least one. */
  readonly faults: readonly TextFault[]

  constructor(faults: readonly TextFault[], options?: ErrorOptions) {
    super(faults[0]?.expected, options)
    this.faults = faults
  }
}

/** How deep values may be nested: far more than a plan needs, and far less than a stack takes. */
export const deepest = 64

/** How many values a file may hold, those behind YAML aliases counted each time. */
export const mostValues = 200_000
