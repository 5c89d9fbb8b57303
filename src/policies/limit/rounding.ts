/**
 * What a sum of permit-milliseconds may be off by, as a part of it: times are fractions of a millisecond, and each permit of a burst is added to one. Without
 * it, one burst in four hundred would be short of its last permit.
 */
export const rounding = 2 ** -48
