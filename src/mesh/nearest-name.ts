/** Letters to insert, delete or replace in order to get from one word to the other (Levenshtein 1966, two rows). */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, i) => i)
  for (let i = 0; i < left.length; i += 1) {
    const current = [i + 1]
    for (let j = 0; j < right.length; j += 1) {
      const replaced = (previous[j] as number) + (left[i] === right[j] ? 0 : 1)
      current.push(Math.min(replaced, (previous[j + 1] as number) + 1, (current[j] as number) + 1))
    }
    previous = current
  }
  return previous[right.length] as number
}

/**
 * The name that was probably meant.
 *
 * @param wrong what was written.
 * @param names what could have been written.
 * @returns the nearest of them, or `undefined` when none is near.
 */
export function nearestName(wrong: string, names: Iterable<string>): string | undefined {
  const lower = wrong.toLowerCase()
  let nearest: string | undefined
  let distance = Math.max(2, Math.floor(wrong.length / 3)) + 1
  for (const name of names) {
    const candidate = name.toLowerCase()
    // Half the effort for a name that merely goes on, or stops early: "timeout" for "attemptTimeout".
    const found = candidate.endsWith(lower) || lower.endsWith(candidate) ? 2 : editDistance(lower, candidate)
    if (found < distance) [nearest, distance] = [name, found]
  }
  return nearest
}
