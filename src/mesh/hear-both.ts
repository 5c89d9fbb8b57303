import type { RouterParts } from '../routing/router.ts'

type Judged = RouterParts['judged']

/** Tells two of every attempt that was judged; the one alone where there is only one, so that nothing stands in between. */
export function hearBoth(first: Judged, second: Judged): Judged {
  if (first === undefined || second === undefined) return first ?? second
  return (attempt, outcome, verdict) => {
    first(attempt, outcome, verdict)
    second(attempt, outcome, verdict)
  }
}
