/** Where an endpoint is, from the largest to the smallest. An empty text means that it is not known. */
export interface Locality {
  /** Such as `'eu-west-1'`. */
  readonly region: string
  /** Such as `'eu-west-1b'`. */
  readonly zone: string
}

/** Nowhere in particular. */
export const unknownLocality: Locality = Object.freeze({ region: '', zone: '' })
