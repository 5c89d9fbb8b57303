/**
 * The weight of an endpoint in proportion to all others, and so that sums of many, and their products with what is in flight, are finite: also of weights near
 * the largest number. A power of two changes no digit, but of weights that are next to nothing.
 */
export function summable(weight: number): number {
  return Math.max(Number.MIN_VALUE, weight * 2 ** -64)
}
