import { contextKey } from '../../call/context-values.ts'

/**
 * How often a call went on to another endpoint because the one before provably never got it. Those attempts do not count against the
 * attempts that a call may make; whoever counts attempts takes them off.
 */
export const requeues = contextKey('requeues', 0)
