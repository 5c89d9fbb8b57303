import { GCProfiler } from 'node:v8'

/** What one run of a function costs. */
export interface RunCost {
  readonly ns: number
  /** Bytes of heap, those that were collected meanwhile included. */
  readonly bytes: number
}

/**
 * Runs a function until it is compiled, and then as often as fits into about 150 ms. Needs `--expose-gc`.
 *
 * @param run what to measure; it takes less than a few milliseconds.
 */
export function measureRuns(run: () => void): RunCost {
  const repeat = (times: number): number => {
    const begunAt = performance.now()
    for (let i = 0; i < times; i += 1) run()
    return performance.now() - begunAt
  }
  let warm = 0
  let warmMs = 0
  // Compiled before its memory is looked at.
  while (warmMs < 250) {
    warmMs += repeat(100)
    warm += 100
  }
  const runs = Math.max(20, Math.round((warm * 150) / warmMs))
  ;(globalThis as { gc?: () => void }).gc?.()
  const collector = new GCProfiler()
  collector.start()
  const heapBefore = process.memoryUsage().heapUsed
  const ms = repeat(runs)
  let allocated = process.memoryUsage().heapUsed - heapBefore
  for (const { beforeGC, afterGC } of collector.stop().statistics) {
    allocated += beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize
  }
  return { ns: (ms / runs) * 1e6, bytes: Math.max(0, allocated / runs) }
}
