import { parseArgs } from 'node:util'

/** What `--help` prints. */
export const help = `npm run bench -- [options]

  --quick             one number of callers, fewer and shorter rounds: about two minutes instead of half an hour
  --callers 1,16      how many calls are in flight at once (default 64,1,16,256; with --quick 64)
  --only mesh,undici  only cases whose name contains one of these, such as mesh-fetch or mesh-fetch:json
  --measure-ms 1000   how long each round measures, instead of what is usual
  --small-server      call the small server of our own also where nginx is installed
  --no-jobs           only GET and text()
  --no-costs          without the cost of import, build, idle endpoints, picks and updates
  --only-costs        nothing else, in minutes; the rest is that of the last whole run
  --only-turns        nothing but what the targets go by, in two minutes; the same
  --publish           put the result into README.md and docs/performance.md, and draw the chart
  --profile name      profile one case instead: where its processor time and its memory go
  --install           install the packages and programs to compare with
`

/** The command line, understood. */
export interface BenchOptions {
  readonly quick: boolean
  readonly callers: readonly number[]
  readonly only: readonly string[]
  readonly measureMs: number | undefined
  readonly smallServer: boolean
  readonly jobs: boolean
  readonly costs: boolean
  readonly cases: boolean
  /** Whether it is measured what the targets go by. */
  readonly turns: boolean
  /** Whether what is not measured is that of the last whole run. */
  readonly keepsRest: boolean
  readonly publish: boolean
  readonly profile: string | undefined
  readonly install: boolean
  readonly help: boolean
}

/** Whether everything is measured, as it has to be where the result is to be kept. */
export function isWhole({ quick, only, jobs, costs, cases, callers, measureMs, smallServer, keepsRest }: BenchOptions): boolean {
  if (keepsRest) return !quick && measureMs === undefined && !smallServer
  return !quick && only.length === 0 && jobs && costs && cases && callers.length > 1 && measureMs === undefined && !smallServer
}

/** Reads the command line. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      quick: { type: 'boolean', default: false },
      callers: { type: 'string' },
      only: { type: 'string' },
      'measure-ms': { type: 'string' },
      'small-server': { type: 'boolean', default: false },
      jobs: { type: 'boolean', default: true },
      costs: { type: 'boolean', default: true },
      'only-costs': { type: 'boolean', default: false },
      'only-turns': { type: 'boolean', default: false },
      publish: { type: 'boolean', default: false },
      profile: { type: 'string' },
      install: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const callers = (values.callers ?? (values.quick ? '64' : '64,1,16,256')).split(',').map(Number)
  for (const count of callers) {
    if (!Number.isInteger(count) || count < 1) throw new Error(`--callers: expected numbers such as 1,16,64, got ${values.callers}`)
  }
  const measureMs = values['measure-ms'] === undefined ? undefined : Number(values['measure-ms'])
  if (measureMs !== undefined && !(measureMs > 0)) throw new Error(`--measure-ms: expected milliseconds, got ${values['measure-ms']}`)
  const { 'only-costs': onlyCosts, 'only-turns': onlyTurns } = values
  const keepsRest = onlyCosts || onlyTurns
  return {
    quick: values.quick,
    callers,
    only: values.only?.split(',') ?? [],
    measureMs,
    smallServer: values['small-server'],
    jobs: values.jobs,
    costs: values.costs && (onlyCosts || !keepsRest),
    cases: !keepsRest,
    turns: onlyTurns || !keepsRest,
    keepsRest,
    publish: values.publish,
    profile: values.profile,
    install: values.install,
    help: values.help,
  }
}
