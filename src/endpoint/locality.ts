/** Where an endpoint is, from the largest to the smallest. An empty text means that it is not known. */
export interface Locality {
  /** Such as `'eu-west-1'`. */
  readonly region: string
  /** Such as `'eu-west-1b'`. */
  readonly zone: string
}

/** Nowhere in particular. */
export const unknownLocality: Locality = Object.freeze({ region: '', zone: '' })

/** Whether two places are the same. */
export function sameLocality(left: Locality, right: Locality): boolean {
  return left.region === right.region && left.zone === right.zone
}
