/** The queues inside bottleneck: first in first out for each priority, and no timer. The package has no types for them. */
declare module 'bottleneck/lib/Queues.js' {
  /** One queue: the jobs of one priority. */
  interface Queue<Job> {
    readonly length: number
    first(): Job | undefined
    shift(): Job | undefined
  }

  class Queues<Job extends { readonly options: { readonly priority: number } }> {
    constructor(priorities: number)
    push(job: Job): void
    /** The first queue that holds something; an empty list when none does. */
    getFirst(): Queue<Job> | readonly never[]
    shiftAll(visit: (job: Job) => void): void
  }

  export = Queues
}
