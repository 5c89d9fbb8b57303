/**
 * How far shares may be apart that are meant to be the same.
 *
 * Each call is a draw, so the number of calls that an endpoint gets is spread like a binomial: by `sqrt(n p (1 - p))`. All endpoints
 * together: the sum of `(got - meant)^2 / meant` is spread like chi-square with one degree of freedom less than there are endpoints; for two
 * columns of the same unknown shares, the sum of `(a_i sqrt(B/A) - b_i sqrt(A/B))^2 / (a_i + b_i)`. A sum is too large if chance alone exceeds it once in a
 * million times. So with 3,000 calls, a share of a half is told from one that is 4.5 points off, and one of a tenth from 2.7 points off.
 */

/** What chi-square exceeds once in a million times, with 1, 2, 3 and so on degrees of freedom. */
const limits = [23.93, 27.63, 30.66, 33.38, 35.89, 38.26, 40.52, 42.7, 44.81, 46.86, 48.87, 50.83]

/** How large a sum may be. */
export function chiSquareLimit(degrees: number): number {
  const limit = limits[degrees - 1]
  if (limit === undefined) throw new RangeError(`degrees of freedom: expected an integer in [1, ${limits.length}], got ${degrees}`)
  return limit
}

/** How far counts are from shares, as a multiple of what is too far: below 1 they agree. A share of 0 must not be had at all. */
export function distanceFrom(shares: readonly number[], counts: readonly number[]): number {
  const calls = sum(counts)
  let total = 0
  let cells = 0
  for (const [i, share] of shares.entries()) {
    const count = counts[i] ?? 0
    if (share === 0) {
      if (count > 0) return Number.POSITIVE_INFINITY
      continue
    }
    cells += 1
    total += (count - calls * share) ** 2 / (calls * share)
  }
  return cells < 2 ? 0 : total / chiSquareLimit(cells - 1)
}

/** How far two columns of counts are apart, as a multiple of what is too far: below 1 they agree. */
export function distanceBetween(left: readonly number[], right: readonly number[]): number {
  const [lefts, rights] = [sum(left), sum(right)]
  let total = 0
  let cells = 0
  for (const [i, a] of left.entries()) {
    const b = right[i] ?? 0
    if (a + b === 0) continue
    cells += 1
    total += (a * Math.sqrt(rights / lefts) - b * Math.sqrt(lefts / rights)) ** 2 / (a + b)
  }
  return cells < 2 ? 0 : total / chiSquareLimit(cells - 1)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
