// One scenario with one contender, in a process of its own: node chaos/run-one.ts <scenario> <contender> <seconds> <seed> <file for the record>
import { writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from 'proxyless/testing'
import { NotHere } from '../bench/case.ts'
import { contenders } from './contenders.ts'
import { Fleet } from './fleet.ts'
import type { AttemptSample, RunResult } from './run-record.ts'
import { fleetSize } from './scenario.ts'
import { scenarios } from './scenarios.ts'
import { makeCalls } from './traffic.ts'

const callsPerSecond = 150
const sampleEveryMs = 100

async function runOne(scenarioName: string, contenderName: string, seconds: number, seed: number): Promise<RunResult> {
  const scenario = scenarios.find(({ name }) => name === scenarioName)
  const start = contenders.get(contenderName)
  if (scenario === undefined || start === undefined) throw new RangeError(`chaos: no such run: ${scenarioName} with ${contenderName}`)
  const fleet = await Fleet.start(fleetSize, scenario.protocol)
  try {
    const contender = await start(fleet)
    const durationMs = seconds * 1_000
    const wallStart = Date.now()
    const startedAt = performance.now()
    const samples: AttemptSample[] = []
    const sampling = setInterval(() => {
      const attempts = contender.attempts?.()
      if (attempts !== undefined) samples.push({ at: performance.now() - startedAt, attempts })
    }, sampleEveryMs)
    const events: { at: number; label: string }[] = []
    const script = async (): Promise<void> => {
      for (const event of scenario.events) {
        await sleep(event.at * durationMs - (performance.now() - startedAt))
        events.push({ at: performance.now() - startedAt, label: event.label })
        await event.run(fleet)
      }
    }
    const [calls] = await Promise.all([makeCalls(contender, seededRandom(`chaos ${seed}`), callsPerSecond, durationMs), script()])
    clearInterval(sampling)
    const inFlight = contender.inFlight?.() ?? 0
    await contender.close()
    const connections = await connectionsLeft(fleet)
    const arrivals = (await fleet.arrivals()).map((arrival) => ({ ...arrival, at: arrival.at - wallStart }))
    return {
      scenario: scenarioName,
      contender: contenderName,
      seed,
      durationMs,
      events,
      calls,
      arrivals,
      samples,
      left: { connections, inFlight },
    }
  } catch (error) {
    if (error instanceof NotHere) return { notHere: error.message }
    throw error
  } finally {
    await fleet.close()
  }
}

/** Servers need a moment to see that a connection is gone. */
async function connectionsLeft(fleet: Fleet): Promise<number> {
  let left = await fleet.connections()
  for (let i = 0; i < 10 && left > 0; i += 1) {
    await sleep(100)
    left = await fleet.connections()
  }
  return left
}

const [scenario = '', contender = '', seconds = '', seed = '', file = ''] = process.argv.slice(2)
await writeFile(file, JSON.stringify(await runOne(scenario, contender, Number(seconds), Number(seed))))
