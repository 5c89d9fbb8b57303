/**
 * What became of one call, and why: plain data.
 *
 * What a call remembers by itself is told as it was: attempts, waits, deadline. What is marked as *read* is looked up when the record is made, which is
 * at the end of the call for one in `net.recent()`, and when it is asked for with `meshInfo`.
 */

/** See the top of this file. */
export interface DecisionRecord {
  /** Why it was kept; `undefined` for one that somebody asked for. */
  readonly kept: 'failed' | 'slow' | undefined
  /** The logical name of the service, or the host for a call to a host that no service declares. */
  readonly service: string
  /** The route within the service that matched, if there is one. */
  readonly route: string | undefined
  /** As it went over the wire. */
  readonly method: string
  /** Path and query as the caller wrote them, secrets left out. */
  readonly path: string
  /** Path and query that the route gave the call in place of them, secrets left out; `undefined` if it gave none. */
  readonly sentPath: string | undefined
  /** When the call began, in milliseconds since the Unix epoch. */
  readonly startedAt: number
  /** `ignored`: its caller left; `underway`: the head of the reply is not there yet. */
  readonly result: 'succeeded' | 'failed' | 'ignored' | 'underway'
  /** The status of the reply that the caller got. */
  readonly status: number | undefined
  /** What the caller got instead of a reply, or instead of the rest of its body. */
  readonly error: RecordedError | undefined
  /** Where the attempt went that decided. */
  readonly endpoint: string | undefined
  /** What is spoken to that endpoint, as far as it is known. */
  readonly protocol: string | undefined
  /** The labels that the call asked for, or its route for it. */
  readonly subset: Readonly<Record<string, string>> | undefined
  /** The version that a split chose, and the one that was to take the call if that had nobody for it; `undefined` for a call that was not divided. *Read*. */
  readonly version: { readonly by: string; readonly name: string; readonly insteadOf: string | undefined } | undefined
  /** How many redirects led here. */
  readonly redirects: number
  /** Every attempt in the order in which they began; of more than 32, the first and the last ones. */
  readonly attempts: readonly AttemptRecord[]
  /** How many attempts are left out of `attempts`. */
  readonly attemptsLeftOut: number
  /** Why the last failed attempt was not repeated; `undefined` unless it failed. */
  readonly notRepeated: NotRepeated | undefined
  /** What the call waited for, permits included, each thing once. */
  readonly waits: readonly { readonly for: string; readonly ms: number }[]
  /** Where the time went. */
  readonly time: TimeRecord
  /** How long the call might take. */
  readonly deadline: DeadlineRecord
  /** Why the other endpoints were not chosen, *read*; of more than 32, the first ones. */
  readonly passedOver: readonly PassedOver[]
  /** How many endpoints were passed over for which reason, all of them. */
  readonly passedOverCounts: Readonly<Partial<Record<PassedOverReason, number>>>
  /** How the service is, *read*. */
  readonly state: ServiceState | undefined
}

/** So many attempts of a call are told one by one. */
export const mostAttempts = 32

/** So many endpoints that were passed over are told one by one. */
export const mostPassedOver = 32

/** An error as plain data. */
export interface RecordedError {
  /** See {@link MeshErrorCode}. */
  readonly code: string
  /** The sentence, with the service's name. */
  readonly message: string
  /** Whether the server may have acted. */
  readonly sent: boolean
  /** When another call has a chance, in milliseconds, if that was known. */
  readonly retryAfterMs: number | undefined
}

/** One attempt. */
export interface AttemptRecord {
  /** 1 for the first that began. */
  readonly number: number
  /** Its address. */
  readonly endpoint: string
  /** Where that is; empty when it is not known. */
  readonly zone: string
  /** From the beginning of the call to that of the attempt, in milliseconds. */
  readonly startMs: number
  /** Until the head of the reply, or the failure, in milliseconds; so far, if it is under way. */
  readonly tookMs: number
  /** How long the body took after the head, in milliseconds; `undefined` while it is on its way, or when there is none. */
  readonly bodyMs: number | undefined
  /** The status that came back, or the code of the error; `undefined` while it is under way. */
  readonly result: number | string | undefined
  /** What the error says, or its cause. */
  readonly message: string | undefined
  /** How the judge of the service took it; `lost`: another attempt beside it was faster. */
  readonly verdict: 'success' | 'failure' | 'ignored' | 'lost' | 'underway'
  /** Whether the server may have acted on it. */
  readonly sent: boolean
  /** Whether it began while another attempt of the call was under way. */
  readonly hedge: boolean
  /** Whether the call went on with what came of it. */
  readonly decided: boolean
  /** The faults that were put into it to rehearse an outage, in words; nearly always none. */
  readonly injected: readonly string[]
  /** How the call went on after it: another attempt after a wait (`retry`), or at once because nobody had got this one (`requeue`). */
  readonly repeated: { readonly how: 'retry' | 'requeue'; readonly waitMs: number } | undefined
}

/**
 * Why a failed attempt was not repeated: the judge says never, the caller said `retry: false`, the call is not idempotent, its body cannot be sent
 * twice, it is made for a request that is itself a repetition, all attempts were used, the budget was empty, `enforce` kept it back, there was no time
 * left before the deadline, retries are switched off, or the caller left.
 */
export type NotRepeated =
  | 'verdict'
  | 'caller-said-no'
  | 'not-idempotent'
  | 'body'
  | 'repeated-above'
  | 'attempts'
  | 'budget'
  | 'enforce'
  | 'deadline'
  | 'off'
  | 'cancelled'

/** Milliseconds by what they were spent on. Together they are the total. */
export interface TimeRecord {
  /** From the beginning of the call to the end of the body, or so far. */
  readonly totalMs: number
  /** Waiting for the first endpoints. */
  readonly discoveryMs: number
  /** Waiting for a permit of the rate limit. */
  readonly limitMs: number
  /** Waiting for a permit of a concurrency limit. */
  readonly queueMs: number
  /** Waiting between attempts. */
  readonly backoffMs: number
  /** Waiting for a connection, or for one to be made. */
  readonly connectMs: number
  /** From sending to the head of the reply, of all attempts. */
  readonly headersMs: number
  /** The body of the reply, until it came to its end. */
  readonly bodyMs: number
  /** Policies, and the mesh itself. */
  readonly otherMs: number
}

/** The limit of a call. */
export interface DeadlineRecord {
  /** In milliseconds from its beginning; `undefined` for none. */
  readonly ms: number | undefined
  /** What was left of it at the end, in milliseconds. */
  readonly leftMs: number | undefined
  /** Whether it was that of the inbound request. */
  readonly inherited: boolean
}

/**
 * Why an endpoint was not chosen.
 *
 * - `tried`: an attempt of the call had gone there already
 * - `ejected`, `circuit-open`, `unhealthy` (checks, or discovery), `draining`: somebody keeps it out
 * - `kept-out`: the same by a judge that this list does not know
 * - `degraded`: used when there are not enough healthy ones
 * - `subset`: it does not carry the labels; `place`: locality is strict, and it is elsewhere
 * - `priority`: its tier gets no calls now; `zone`: its place gets none
 * - `full`: it had no permit left for another attempt
 * - `not-picked`: nothing speaks against it; the balancer chose another one
 */
export type PassedOverReason =
  | 'tried'
  | 'ejected'
  | 'circuit-open'
  | 'unhealthy'
  | 'draining'
  | 'kept-out'
  | 'degraded'
  | 'subset'
  | 'place'
  | 'priority'
  | 'zone'
  | 'full'
  | 'not-picked'

/** An endpoint, and what speaks against it. */
export interface PassedOver {
  /** Its address. */
  readonly endpoint: string
  /** The reason that comes first. */
  readonly reason: PassedOverReason
  /** More of it, such as the rule that ejected it and for how much longer. */
  readonly detail: string | undefined
}

/** How a service is at one moment. */
export interface ServiceState {
  /** When it was read, in milliseconds since the Unix epoch. */
  readonly readAt: number
  /** `resolved`, `empty`, `absent` or `unresolved`. */
  readonly discovery: string
  /** Its endpoints by health. */
  readonly endpoints: { readonly total: number; readonly healthy: number; readonly degraded: number; readonly unhealthy: number }
  /** The circuit of the service; `undefined` if it has none. */
  readonly circuit: 'closed' | 'open' | 'half-open' | undefined
  /** Endpoints whose circuit is not closed, by address; of more than 32, the first ones. */
  readonly openCircuits: Readonly<Record<string, 'open' | 'half-open'>>
  /** Retries and hedges that the budget would pay now; `undefined` for any number. */
  readonly budgetLeft: number | undefined
  /** Permits of the rate limit, and calls that wait for one. */
  readonly rateLimit: { readonly permitsLeft: number; readonly waiting: number } | undefined
  /** Calls that hold a permit of the concurrency limit, and calls that wait for one. */
  readonly concurrency: { readonly limit: number; readonly inFlight: number; readonly waiting: number } | undefined
  /** The share of calls that admission control refuses. */
  readonly rejectedShare: number | undefined
}
