import { GCProfiler } from 'node:v8'

/** What one run of a function costs. */
export interface RunCost {
  /** Of the tenth of all batches that were fastest, the slowest: what else runs on the machine makes a batch longer, and none shorter. */
  readonly ns: number
  /** Bytes of heap, those that were collected meanwhile included. */
  readonly bytes: number
}

/** So long is a batch, in milliseconds: shorter than the time after which a busy machine gives the processor to another process. */
const batchMs = 0.5

/** What takes long for each endpoint would take minutes for all of them in turn. */
const mostWarmMs = 3_000

/**
 * Runs a function until it is compiled, and then as often as fits into about 150 ms, in batches. Needs `--expose-gc`.
 *
 * @param run what to measure; it takes less than a few milliseconds.
 * @param warmRuns runs before it is measured, at least, as far as {@link mostWarmMs} goes.
 */
export function measureRuns(run: () => void, warmRuns = 0): RunCost {
  const repeat = (times: number): number => {
    const begunAt = performance.now()
    for (let i = 0; i < times; i += 1) run()
    return performance.now() - begunAt
  }
  let warm = 0
  let warmMs = 0
  // Compiled before its memory is looked at.
  while (warmMs < 500 || (warm < warmRuns && warmMs < mostWarmMs)) {
    warmMs += repeat(100)
    warm += 100
  }
  const runs = Math.max(1, Math.round((warm * batchMs) / warmMs))
  const batches = Math.max(20, Math.round((warm * 150) / warmMs / runs))
  const took = new Float64Array(batches)
  ;(globalThis as { gc?: () => void }).gc?.()
  const collector = new GCProfiler()
  collector.start()
  const heapBefore = process.memoryUsage().heapUsed
  for (let i = 0; i < batches; i += 1) took[i] = repeat(runs)
  let allocated = process.memoryUsage().heapUsed - heapBefore
  for (const { beforeGC, afterGC } of collector.stop().statistics) {
    allocated += beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize
  }
  return { ns: ((took.sort()[Math.floor(batches / 10)] as number) / runs) * 1e6, bytes: Math.max(0, allocated / runs / batches) }
}

/** Runs in a row between two looks at the clock: as many as would hardly be underway at once on a busy client. */
const runsInTurn = 16

/**
 * What one run of a function costs, where something has to be done after each that is not to be counted, such as what comes of it. Runs are measured
 * sixteen at a time, without the time that it takes to look at the clock, and what is done after them follows for all sixteen. Needs `--expose-gc`.
 *
 * @param run what to measure.
 * @param after what is done after it.
 * @param warmRuns see {@link measureRuns}.
 */
export function measureRunsBetween<T>(run: () => T, after: (result: T) => void, warmRuns = 0): RunCost {
  const results = new Array<T | undefined>(runsInTurn).fill(undefined)
  const turn = (runs: number): number => {
    const begunAt = performance.now()
    for (let i = 0; i < runs; i += 1) results[i] = run()
    const ms = performance.now() - begunAt
    for (let i = 0; i < runs; i += 1) after(results[i] as T)
    return ms
  }
  const begunAt = performance.now()
  for (let warm = 0; performance.now() < begunAt + 500 || (warm < warmRuns && performance.now() < begunAt + mostWarmMs); warm += runsInTurn)
    turn(runsInTurn)
  const batches = 300
  const turns = 200
  const perRun = (runs: number): number => {
    const took = new Float64Array(batches)
    for (let batch = 0; batch < batches; batch += 1) {
      for (let i = 0; i < turns; i += 1) took[batch] = (took[batch] as number) + turn(runs)
    }
    return (took.sort()[batches / 10] as number) / turns / runsInTurn
  }
  return { ns: (perRun(runsInTurn) - perRun(0)) * 1e6, bytes: measureRuns(run).bytes }
}
