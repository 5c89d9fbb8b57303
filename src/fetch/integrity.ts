import { createHash, timingSafeEqual } from 'node:crypto'

const strengths = ['sha256', 'sha384', 'sha512']

/**
 * Whether a body has the hash that `init.integrity` says, by the W3C's "Subresource Integrity": of several hashes the strongest kind counts,
 * and one of that kind must fit. Kinds that are not known are no condition.
 *
 * @param pieces the body.
 * @param integrity such as `'sha384-oqVuAf...'`.
 */
export function matchesIntegrity(pieces: readonly Uint8Array[], integrity: string): boolean {
  let strongest = -1
  let expected: string[] = []
  for (const item of integrity.split(/[\t\n\f\r ]+/)) {
    const [hash = ''] = item.split('?', 1)
    const strength = strengths.indexOf(hash.slice(0, 6).toLowerCase())
    if (strength === -1 || strength < strongest) continue
    if (strength > strongest) expected = []
    strongest = strength
    expected.push(hash.slice(7))
  }
  const algorithm = strengths[strongest]
  if (algorithm === undefined) return true
  const hasher = createHash(algorithm)
  for (const piece of pieces) hasher.update(piece)
  const actual = hasher.digest()
  return expected.some((text) => {
    const bytes = Buffer.from(text, 'base64')
    return bytes.byteLength === actual.byteLength && timingSafeEqual(bytes, actual)
  })
}
