import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jobCases, textCases } from './catalogue.ts'
import type { Field } from './field.ts'
import { printTable } from './report.ts'
import { runCase } from './rounds.ts'

interface CallFrame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
}

interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

interface HeapNode {
  readonly callFrame: CallFrame
  readonly selfSize: number
  readonly children: readonly HeapNode[]
}

const lines = 140

/** Runs one case under V8's profilers, and prints where its processor time and its memory go, a call, by room and by function. */
export async function profileCase(name: string, callers: number, field: Field): Promise<void> {
  const found = [...textCases, ...jobCases].find((each) => each.name === name)
  if (found === undefined) throw new Error(`--profile: expected the name of a case such as mesh-fetch, got ${name}`)
  const folder = mkdtempSync(join(tmpdir(), 'proxyless-profile-'))
  try {
    const effort = { rounds: 1, warmUpMs: 1_000, measureMs: 4_000 }
    const nodeArgs = ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=250']
    const answer = await runCase(found, callers, effort, field, { nodeArgs })
    if (answer.kind !== 'measured') throw new Error(answer.reason)
    const [file] = globSync('*.cpuprofile', { cwd: folder })
    printCpu(JSON.parse(readFileSync(join(folder, file as string), 'utf8')) as CpuProfile, answer.measured.cpuUs)
    const allocationsTo = join(folder, 'allocations.json')
    const second = await runCase(found, callers, effort, field, { allocationsTo })
    const { profile } = JSON.parse(readFileSync(allocationsTo, 'utf8')) as { profile: { head: HeapNode } }
    printHeap(profile.head, second.kind === 'measured' ? second.measured.bytesPerCall : Number.NaN)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function printCpu({ nodes, samples, timeDeltas }: CpuProfile, cpuUs: number): void {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const byFunction = new Map<string, number>()
  const byRoom = new Map<string, number>()
  let total = 0
  const half = samples.length / 5
  samples.forEach((id, i) => {
    const frame = frames.get(id) as CallFrame
    // The beginning is loading and compiling.
    if (i < half || frame.functionName === '(idle)') return
    const us = timeDeltas[i] ?? 0
    total += us
    add(byFunction, describe(frame), us)
    add(byRoom, roomOf(frame), us)
  })
  for (const [title, map] of [
    ['Processor time by place', byRoom],
    ['by function', byFunction],
  ] as const) {
    process.stdout.write(`\n${title} (${cpuUs.toFixed(1)} us a call under the profiler)\n`)
    const sorted = [...map].toSorted((a, b) => b[1] - a[1]).slice(0, lines)
    printTable(sorted.map(([name, us]) => [name, `${((us / total) * cpuUs).toFixed(2)} us`, `${((us / total) * 100).toFixed(1)} %`]))
  }
}

function printHeap(head: HeapNode, bytesPerCall: number): void {
  const byFunction = new Map<string, number>()
  const byRoom = new Map<string, number>()
  let total = 0
  const visit = ({ callFrame, selfSize, children }: HeapNode): void => {
    total += selfSize
    add(byFunction, describe(callFrame), selfSize)
    add(byRoom, roomOf(callFrame), selfSize)
    for (const child of children) visit(child)
  }
  visit(head)
  for (const [title, map] of [
    ['Memory by place', byRoom],
    ['by function', byFunction],
  ] as const) {
    process.stdout.write(`\n${title} (${Math.round(bytesPerCall)} bytes a call)\n`)
    const sorted = [...map].toSorted((a, b) => b[1] - a[1]).slice(0, lines)
    printTable(
      sorted.map(([name, size]) => [name, `${Math.round((size / total) * bytesPerCall)} bytes`, `${((size / total) * 100).toFixed(1)} %`]),
    )
  }
}

function add(map: Map<string, number>, key: string, value: number): void {
  map.set(key, (map.get(key) ?? 0) + value)
}

function describe({ functionName, url, lineNumber }: CallFrame): string {
  return `${functionName || '(anonymous)'}${url === '' ? '' : ` ${shorten(url)}:${lineNumber + 1}`}`
}

function shorten(url: string): string {
  return url.replace(/^.*\/(dist|node_modules|bench)\//, (_, folder) => (folder === 'node_modules' ? '' : `${folder}/`))
}

function roomOf({ functionName, url }: CallFrame): string {
  const short = shorten(url)
  if (short.startsWith('dist/')) return short.split('/').slice(0, 2).join('/')
  if (short.startsWith('undici/')) return 'undici'
  if (url.startsWith('node:')) return 'Node'
  if (short.startsWith('bench/')) return 'the bench'
  return functionName === '(garbage collector)' ? 'garbage collector' : functionName === '(program)' ? '(native)' : functionName || 'other'
}
