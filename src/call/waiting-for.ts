import { contextKey } from './context-values.ts'

/**
 * What a call waits for while no attempt of it is under way, in words that fit after "while waiting for". Set by whoever makes it wait,
 * and set to `undefined` when the wait is over; a deadline that passes meanwhile says so.
 */
export const waitingFor = contextKey<string | undefined>('waiting-for', undefined)
