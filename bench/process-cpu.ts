import { readdirSync, readFileSync } from 'node:fs'

/**
 * How long another process has used the processor, all its threads together, in microseconds.
 *
 * @param pid its process id.
 * @returns `undefined` where the machine does not tell: only Linux does.
 */
export function processCpuUs(pid: number): number | undefined {
  try {
    let ns = 0
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      ns += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0])
    }
    return ns / 1_000
  } catch {
    return undefined
  }
}
