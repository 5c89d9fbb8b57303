/** How much a line of a log matters. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Every {@link LogLevel}, the least first. */
export const logLevels: readonly LogLevel[] = Object.freeze(['debug', 'info', 'warn', 'error'])

/** A logger that takes fields first, and then a message: pino's, `console`, and many more. */
export interface Logger {
  /** What happens call by call. */
  debug(fields: object, message: string): void
  /** A change. */
  info(fields: object, message: string): void
  /** Something that is not as it should be. */
  warn(fields: object, message: string): void
  /** A mistake that somebody should mend. */
  error(fields: object, message: string): void
}

/** Whether a value can be logged to. */
export function isLogger(value: unknown): value is Logger {
  return (
    typeof value === 'object' &&
    value !== null &&
    logLevels.every((level) => typeof (value as Record<string, unknown>)[level] === 'function')
  )
}
