import type { Attempt } from '../call/attempt.ts'
import type { Call } from '../call/call.ts'
import { callRoute } from '../call/call-route.ts'
import type { Layer } from '../call/layer.ts'
import { heedPushback } from '../call/pushback.ts'
import { judgeRetryOn } from '../call/retry-on.ts'
import type { Classifier } from '../call/verdict.ts'
import { sendOn } from '../inbound/send-on.ts'
import { hedge } from '../policies/hedge/hedge.ts'
import { hedgeSettings } from '../policies/hedge/hedge-options.ts'
import { budgetSettings } from '../policies/retry/budget-options.ts'
import { ExtraAttempts } from '../policies/retry/extra-attempts.ts'
import { requeue } from '../policies/retry/requeue.ts'
import { requeues } from '../policies/retry/requeues.ts'
import { retry } from '../policies/retry/retry.ts'
import { retryDefaults, retrySettings } from '../policies/retry/retry-options.ts'
import { attemptLimit, attemptTimeout } from '../policies/timeout/attempt-timeout.ts'
import type { Clock } from '../runtime/clock.ts'
import { samePart } from '../runtime/part.ts'
import type { PartMaker } from './part-maker.ts'
import type { ServicePlan } from './plan.ts'
import { serviceDefaults } from './service-defaults.ts'

/** The layers that make, limit and announce attempts beyond the first, and what they share. */
export interface RepeatParts {
  readonly extra: ExtraAttempts
  readonly retry: Layer<Call>
  readonly hedge: Layer<Call>
  readonly requeue: Layer<Call>
  readonly attemptTimeout: Layer<Attempt>
  readonly sendOn: Layer<Attempt>
}

/** Hedges alone: somebody must still notice when nobody answers. */
const noRequeues = retrySettings({ requeues: 0 })

const straightOn = <C>(next: C): C => next

/**
 * The one judge of a service: its classifier, or the one that `retry.on` makes; and what servers ask for.
 *
 * @param plan the service.
 * @param clock tells the time of day.
 */
export function judgeOf({ classifier, retry }: ServicePlan, clock: Clock): Classifier {
  if (retry === false) return classifier
  const own = classifier === serviceDefaults.classifier ? undefined : classifier
  const judge = retry.on === undefined ? classifier : judgeRetryOn(retry.on, own)
  return retry.retryAfter === false ? judge : heedPushback(judge, retry.retryAfter, clock)
}

/** The one judge of a service, as some of its routes may have one of their own. */
export interface Judges {
  /** Judges every attempt. */
  readonly judge: Classifier
  /** The same for those who keep it over plans that give routes a judge of their own, or take it away. */
  readonly lastingJudge: Classifier
  /** Of calls that take no route with a judge of its own. */
  readonly serviceJudge: Classifier
}

/**
 * Makes the judge of a service; it is the same as before if nothing about it changed.
 *
 * @param plan the service.
 * @param clock tells the time of day.
 * @param before the plan before, and its judge.
 */
export function makeJudges(plan: ServicePlan, clock: Clock, before: (Judges & { readonly plan: ServicePlan }) | undefined): Judges {
  const kept = before !== undefined && sameJudge(before.plan, plan) ? before : undefined
  const serviceJudge = kept?.serviceJudge ?? judgeOf(plan, clock)
  const lastingJudge = kept?.lastingJudge ?? judgeByRoute(serviceJudge)
  // Without such routes an attempt is not asked for its route.
  return { judge: hasJudgingRoutes(plan) ? lastingJudge : serviceJudge, lastingJudge, serviceJudge }
}

function hasJudgingRoutes({ routes }: ServicePlan): boolean {
  return routes.some(({ retry }) => retry !== undefined)
}

/** Judges each attempt as its route says, if that says so itself. */
function judgeByRoute(judge: Classifier): Classifier {
  return (outcome, attempt) => (attempt.call.context.get(callRoute)?.classify ?? judge)(outcome, attempt)
}

/** Whether two plans have the same judge. */
function sameJudge(left: ServicePlan, right: ServicePlan): boolean {
  const words = ({ classifier, retry }: ServicePlan) => [classifier, retry !== false && { on: retry.on, after: retry.retryAfter }]
  return samePart(words(left), words(right))
}

/**
 * Makes them.
 *
 * @param plan the service.
 * @param maker makes parts.
 * @param kept what the plan before made, as far as it has the same settings.
 */
export function makeRepeatParts(
  plan: ServicePlan,
  maker: PartMaker,
  kept: { readonly retry: RepeatParts | undefined; readonly hedge: RepeatParts | undefined; readonly any: RepeatParts | undefined },
): RepeatParts {
  const settings = plan.retry === false ? undefined : retrySettings(plan.retry)
  const hedging = plan.hedge === false ? undefined : hedgeSettings(plan.hedge)
  const extra = kept.retry?.extra ?? new ExtraAttempts(settings?.budget ?? budgetSettings(), kept.any?.extra.counts)
  const place = { attempts: settings?.attempts ?? 1, countsCalls: settings !== undefined }
  const limit = attemptLimit(settings ?? { attempts: 1, attemptTimeoutMs: Number.POSITIVE_INFINITY })
  const { send, headers } = plan.sendOn
  const sending = {
    headers: send === false ? [] : headers,
    always: send === 'always',
    attemptHeader: settings?.attemptHeader ?? retryDefaults.attemptHeader,
    limitOf: limit,
    numberOf: ({ number, call }: Attempt) => number - call.context.get(requeues),
  }
  return {
    extra,
    retry: settings === undefined ? straightOn : (kept.retry?.retry ?? maker.make('retry', (host) => retry(settings, host, extra))),
    requeue:
      settings === undefined
        ? hedging === undefined
          ? straightOn
          : maker.make('hedge', (host) => requeue(noRequeues, host, extra))
        : (kept.retry?.requeue ?? maker.make('retry', (host) => requeue(settings, host, extra))),
    hedge: hedging === undefined ? straightOn : (kept.hedge?.hedge ?? maker.make('hedge', (host) => hedge(hedging, host, extra, place))),
    attemptTimeout: settings === undefined ? straightOn : maker.make('retry', (host) => attemptTimeout(settings, host)),
    sendOn: maker.make('deadline', (host) => sendOn(sending, host)),
  }
}
