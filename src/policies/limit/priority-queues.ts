// @ts-expect-error bottleneck has no types for what is inside it.
import BottleneckQueues from 'bottleneck/lib/Queues.js'

/** What stands in a queue: bottleneck wants to know its priority, and nothing else. */
export interface Queued {
  /** Its priority stands among the options of a job. */
  readonly options: { readonly priority: number }
}

/** One queue: those of one priority, first in first out. */
export interface PriorityQueue<Job extends Queued> {
  /** The one that came first. */
  first(): Job | undefined
  /** Takes it out. */
  shift(): Job | undefined
}

/** The queues inside bottleneck, one for each priority. They have no timer. */
export interface PriorityQueues<Job extends Queued> {
  /** Puts one at the end of its queue. */
  push(job: Job): void
  /** The first queue that is not empty; an empty list when all are. */
  getFirst(): PriorityQueue<Job> | readonly never[]
  /** Empties all queues, the first one first. */
  shiftAll(visit: (job: Job) => void): void
}

/** Makes queues for the priorities from 0 to `last`. */
export function priorityQueues<Job extends Queued>(last: number): PriorityQueues<Job> {
  return new BottleneckQueues(last + 1) as PriorityQueues<Job>
}
