import { peakEwma } from '../balancing/peak-ewma.ts'
import { powerOfTwo } from '../balancing/power-of-two.ts'
import { defaultClassifier } from '../call/default-classifier.ts'

/** What a service has that says nothing but its resolver; {@link retryDefaults}, {@link httpDefaults} and {@link directoryDefaults} say the rest. */
export const serviceDefaults = Object.freeze({
  /** Power of two choices over latency, with failures as a penalty. */
  balancer: powerOfTwo(peakEwma()),
  /** Long enough for a slow page, short enough that nobody waits for a dead one. */
  deadline: '15s',
  /** See {@link defaultClassifier}. */
  classifier: defaultClassifier,
} as const)
