import { setTimeout as sleep } from 'node:timers/promises'
import { GCProfiler, getHeapStatistics } from 'node:v8'
import { processCpuUs } from './process-cpu.ts'

/** What to measure. */
export interface MeasureOptions {
  readonly call: () => Promise<number>
  /** What every call must resolve with. */
  readonly expected: number
  /** How many calls are in flight at once. */
  readonly callers: number
  readonly warmUpMs: number
  /** So many calls at least before anything is measured, if they take no more than four times the time to warm up. */
  readonly warmUpCalls?: number | undefined
  readonly measureMs: number
  /** Process of the server; its use of the processor tells whether it was the bottleneck. */
  readonly serverPid: number | undefined
  /** Process of the sidecar, if calls go through one. */
  readonly sidecarPid: number | undefined
}

/** What was measured; the processor's time is that of all threads of a process. */
export interface Measured {
  readonly calls: number
  readonly callsPerSecond: number
  /** Microseconds of this process a call. */
  readonly cpuUs: number
  /** Microseconds of the sidecar a call. */
  readonly sidecarCpuUs: number | undefined
  /** Share of one core that the server used. */
  readonly serverShare: number | undefined
  readonly p50Ms: number
  readonly p99Ms: number
  /** Bytes of the JavaScript heap that a call allocates. */
  readonly bytesPerCall: number
  /** Share of this process's time that the garbage collector held the main thread. */
  readonly gcShare: number
}

/** So many latencies are kept, unless somebody says otherwise; a longer run keeps the first ones. */
const mostLatencies = 4_000_000

interface Reading {
  readonly at: number
  readonly calls: number
  readonly cpuUs: number
  readonly serverUs: number | undefined
  readonly sidecarUs: number | undefined
  readonly heapBytes: number
}

/**
 * Runs calls one after the other in so many loops, and measures a window in the middle, so that neither the beginning nor the end counts.
 *
 * @param options what to measure.
 * @param latencies where latencies are kept.
 * @throws Error with the first failure, if any call fails or brings something else than expected.
 */
export async function measure(options: MeasureOptions, latencies = new Float64Array(mostLatencies)): Promise<Measured> {
  const runner = new Runner(options, latencies)
  const loops = Array.from({ length: options.callers }, () => runner.loop())
  const failing = Promise.all(loops)
  await Promise.race([sleep(options.warmUpMs), failing])
  // V8 compiles by calls, not by time: who makes few a second would be measured while it is compiled.
  for (let waited = 1; waited < 4 && runner.calls < (options.warmUpCalls ?? 0); waited += 0.25) {
    await Promise.race([sleep(options.warmUpMs / 4), failing])
  }
  const collector = new GCProfiler()
  collector.start()
  const first = read(options, runner)
  // On a busy machine a short window may pass in which no call ends, and such a window says nothing.
  do await Promise.race([sleep(options.measureMs), failing])
  while (runner.calls === first.calls)
  const last = read(options, runner)
  const { statistics } = collector.stop()
  runner.stop()
  await failing
  let allocated = last.heapBytes - first.heapBytes
  let collectingUs = 0
  for (const { beforeGC, afterGC, cost } of statistics) {
    allocated += beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize
    collectingUs += cost
  }
  const calls = last.calls - first.calls
  const cpuUs = last.cpuUs - first.cpuUs
  const wallUs = (last.at - first.at) * 1_000
  const sorted = latencies.subarray(Math.min(first.calls, latencies.length), Math.min(last.calls, latencies.length)).toSorted()
  const per = (from: number | undefined, to: number | undefined, by: number) =>
    from === undefined || to === undefined ? undefined : (to - from) / by
  return {
    calls,
    callsPerSecond: (calls / wallUs) * 1e6,
    cpuUs: cpuUs / calls,
    sidecarCpuUs: per(first.sidecarUs, last.sidecarUs, calls),
    serverShare: per(first.serverUs, last.serverUs, wallUs),
    p50Ms: sorted[Math.floor(sorted.length * 0.5)] ?? Number.NaN,
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
    bytesPerCall: allocated / calls,
    gcShare: collectingUs / cpuUs,
  }
}

/** Makes the calls. */
class Runner {
  readonly #call: () => Promise<number>
  readonly #expected: number
  readonly #latencies: Float64Array
  #stopped = false
  calls = 0

  constructor({ call, expected }: MeasureOptions, latencies: Float64Array) {
    this.#call = call
    this.#expected = expected
    this.#latencies = latencies
  }

  async loop(): Promise<void> {
    const call = this.#call
    while (!this.#stopped) {
      const begunAt = performance.now()
      const length = await call()
      if (length !== this.#expected) throw new Error(`the answer has a length of ${length} instead of ${this.#expected}`)
      this.#latencies[this.calls] = performance.now() - begunAt
      this.calls += 1
    }
  }

  stop(): void {
    this.#stopped = true
  }
}

function read({ serverPid, sidecarPid }: MeasureOptions, runner: Runner): Reading {
  const { user, system } = process.cpuUsage()
  return {
    at: performance.now(),
    calls: runner.calls,
    cpuUs: user + system,
    serverUs: serverPid === undefined ? undefined : processCpuUs(serverPid),
    sidecarUs: sidecarPid === undefined ? undefined : processCpuUs(sidecarPid),
    heapBytes: getHeapStatistics().used_heap_size,
  }
}
