import type { EndpointSpec } from '../../endpoint/endpoint.ts'
import type { MeshErrorCode } from '../../errors/mesh-error.ts'
import { printValue } from '../../errors/print-value.ts'
import type { Distribution } from './distribution.ts'
import type { SimulatedServer } from './simulated-server.ts'

/** How attempts at a server fail. */
export interface FailureModel {
  /** Which share of the attempts fails, from 0 to 1. @defaultValue `1` */
  readonly share?: number | undefined
  /** The status that it answers with, or the code of the error. @defaultValue `503` */
  readonly result?: number | MeshErrorCode | undefined
  /** After how many milliseconds, without waiting in the server's queue. @defaultValue `1` */
  readonly afterMs?: number | Distribution | undefined
}

/** A server of a simulation; it is also what the resolver says about its endpoint. */
export interface ServerModel extends Omit<EndpointSpec, 'url'> {
  /** Its name in results and changes. @defaultValue `'s1'`, `'s2'`, ... */
  readonly name?: string | undefined
  /** How long a worker takes for a call, in milliseconds. */
  readonly serviceMs: number | Distribution
  /** How many calls it works on at full speed at once; `Infinity` for a server without a queue. @defaultValue `1` */
  readonly workers?: number | undefined
  /**
   * What happens to more calls than workers: `'fifo'` lets them wait, first come first served; `'shared'` works on all at once, each the
   * slower, as a processor does.
   *
   * @defaultValue `'fifo'`
   */
  readonly discipline?: 'fifo' | 'shared' | undefined
  /** How many calls it takes at most; those beyond get a 503 at once. @defaultValue `Infinity` */
  readonly capacity?: number | undefined
  /** 1 for the speed that `serviceMs` means, 0.05 for a twentieth, 0 for standing still. @defaultValue `1` */
  readonly speed?: number | undefined
  /** How attempts fail. @defaultValue they do not */
  readonly failures?: FailureModel | undefined
  /** Whether it stops working for a caller that has left; most servers do not notice. @defaultValue `false` */
  readonly dropsLeft?: boolean | undefined
  /** Headers of its replies, such as a report of its load. @defaultValue none */
  readonly headers?: ((server: SimulatedServer) => Readonly<Record<string, string>>) | undefined
}

/**
 * Several servers of one kind, named `s1`, `s2`, and so on.
 *
 * @param count how many.
 * @param model what they are like; a function is given the number, from 0.
 * @example
 * ```ts
 * import { exponential, servers } from 'proxyless/testing'
 *
 * // Nine, and one that is twenty times slower.
 * const world = [...servers(9, { serviceMs: exponential(10) }), { name: 'slow', serviceMs: exponential(200) }]
 * console.log(world.length) // 10
 * ```
 */
export function servers(count: number, model: ServerModel | ((index: number) => ServerModel)): ServerModel[] {
  if (!Number.isInteger(count) || count < 0) throw new TypeError(`servers: count: expected a whole number, got ${printValue(count)}`)
  return Array.from({ length: count }, (_, i) => ({ name: `s${i + 1}`, ...(typeof model === 'function' ? model(i) : model) }))
}

/** What is wrong with a model, as a sentence, if anything. */
export function modelProblem(model: ServerModel): string | undefined {
  if (typeof model !== 'object' || model === null) return `expected { serviceMs, ... }, got ${printValue(model)}`
  const { serviceMs, workers = 1, discipline = 'fifo', capacity = 1, speed = 1, failures } = model
  if (typeof serviceMs !== 'function' && !(serviceMs >= 0 && Number.isFinite(serviceMs)))
    return `serviceMs: expected milliseconds, or a distribution such as exponential(10), got ${printValue(serviceMs)}`
  if (!(workers === Number.POSITIVE_INFINITY || (Number.isInteger(workers) && workers >= 1)))
    return `workers: expected a whole number of at least 1, or Infinity, got ${printValue(workers)}`
  if (discipline !== 'fifo' && discipline !== 'shared') return `discipline: expected 'fifo' or 'shared', got ${printValue(discipline)}`
  if (!(capacity >= 1)) return `capacity: expected a number of at least 1, got ${printValue(capacity)}`
  return speedProblem(speed) ?? (failures === undefined ? undefined : failureProblem(failures))
}

/** What is wrong with a speed, if anything. */
export function speedProblem(speed: number): string | undefined {
  return speed >= 0 && Number.isFinite(speed) ? undefined : `speed: expected a number of at least 0, got ${printValue(speed)}`
}

/** What is wrong with a failure model, if anything. */
export function failureProblem({ share = 1, result = 503, afterMs = 1 }: FailureModel): string | undefined {
  if (!(share >= 0 && share <= 1)) return `failures.share: expected a number from 0 to 1, got ${printValue(share)}`
  if (typeof result === 'number' && !(Number.isInteger(result) && result >= 200 && result <= 599))
    return `failures.result: expected a status from 200 to 599 or the code of an error, got ${printValue(result)}`
  if (typeof afterMs !== 'function' && !(afterMs >= 0 && Number.isFinite(afterMs)))
    return `failures.afterMs: expected milliseconds, or a distribution, got ${printValue(afterMs)}`
  return undefined
}
