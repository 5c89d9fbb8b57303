/**
 * Shares of calls, and how sure one can be of them.
 *
 * Sources: Wilson, "Probable inference, the law of succession, and statistical inference" (1927); Newcombe, "Interval estimation for the difference
 * between independent proportions: comparison of eleven methods" (1998), method 10; Acklam, "An algorithm for computing the inverse normal
 * cumulative distribution function" (2003), whose relative error is below 1.2e-9.
 */

/** Where a share may lie. */
export interface ShareInterval {
  readonly low: number
  readonly high: number
}

/**
 * Wilson's score interval: holds for few calls, too, and for shares of 0 and 1.
 *
 * @param hits how many of them, which need not be whole.
 * @param calls of how many; with none the share may be anything.
 * @param z how sure, in standard deviations: see {@link normalQuantile}.
 */
export function wilson(hits: number, calls: number, z: number): ShareInterval {
  if (calls <= 0) return { low: 0, high: 1 }
  const share = hits / calls
  const spread = (z * z) / calls
  const centre = (share + spread / 2) / (1 + spread)
  const half = (z / (1 + spread)) * Math.sqrt((share * (1 - share)) / calls + spread / (4 * calls))
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) }
}

/**
 * By how much one share is greater than another at least: the lower end of Newcombe's interval, which is made of two of Wilson's.
 *
 * @param hits of the first.
 * @param calls of the first.
 * @param otherHits of the second.
 * @param otherCalls of the second; with none, nothing can be said: the result is below 0.
 * @param z how sure.
 */
export function leastDifference(hits: number, calls: number, otherHits: number, otherCalls: number, z: number): number {
  if (calls <= 0 || otherCalls <= 0) return -1
  const [share, other] = [hits / calls, otherHits / otherCalls]
  return share - other - Math.hypot(share - wilson(hits, calls, z).low, wilson(otherHits, otherCalls, z).high - other)
}

const a = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239]
const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1]
const c = [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783]
const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1]

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0)
}

/**
 * How many standard deviations above its mean a normal variable stays below with a probability: 1.645 for 0.95, 3.09 for 0.999.
 *
 * @param probability above 0 and below 1.
 */
export function normalQuantile(probability: number): number {
  if (probability > 0.97575) return -normalQuantile(1 - probability)
  if (probability < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(probability))
    return polynomial(c, q) / polynomial(d, q)
  }
  const q = probability - 0.5
  return (polynomial(a, q * q) * q) / polynomial(b, q * q)
}
