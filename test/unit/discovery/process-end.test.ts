import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DnsServer } from '../../servers/dns-server.ts'
import { temporaryFolder } from '../../servers/server-kit.ts'

const src = (path: string): string => fileURLToPath(new URL(`../../../src/${path}`, import.meta.url))

/** Runs a program that opens a directory, waits for its first answer, and forgets about it. One that stays is killed, and has no exit code. */
async function run(imports: string, resolver: string): Promise<{ readonly output: string; readonly code: number | null }> {
  const program = `
    import { Cancellation } from ${JSON.stringify(src('call/cancellation.ts'))}
    import { Directory } from ${JSON.stringify(src('discovery/directory.ts'))}
    import { Roster } from ${JSON.stringify(src('endpoint/roster.ts'))}
    import { systemClock } from ${JSON.stringify(src('runtime/system-clock.ts'))}
    import { seededRandom } from ${JSON.stringify(src('runtime/seeded-random.ts'))}
    ${imports}
    const host = { service: 'orders', clock: systemClock, random: seededRandom(1), emit: () => {} }
    const resolver = (${resolver})(host)
    const directory = new Directory({ service: 'orders', host, resolver, roster: new Roster() })
    directory.start()
    // As a call does: somebody waits for the answer.
    const held = setTimeout(() => {}, 120_000)
    await directory.settled(new Cancellation())
    clearTimeout(held)
    console.log(directory.state, directory.endpoints.length, directory.snapshot().lastError ?? '')
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000 })
  let output = ''
  child.stdout.on('data', (data) => {
    output += data
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { output: output.trim(), code }
}

test('a process that forgets to close a directory with dns() ends by itself', async () => {
  const server = await DnsServer.start()
  try {
    server.setAddresses('orders.test', ['10.0.0.1'], 3_600)
    const options = JSON.stringify({ servers: [server.address] })
    const { output, code } = await run(`import { dns } from ${JSON.stringify(src('discovery/dns.ts'))}`, `dns('orders.test', ${options})`)
    assert.deepEqual([output, code], ['resolved 1', 0])
  } finally {
    await server.close()
  }
})

test('a process with file() ends by itself', async () => {
  const folder = await temporaryFolder()
  try {
    const path = join(folder.path, 'endpoints.yaml')
    await writeFile(path, '- http://10.0.0.1:80\n')
    const { output, code } = await run(`import { file } from ${JSON.stringify(src('discovery/file.ts'))}`, `file(${JSON.stringify(path)})`)
    assert.deepEqual([output, code], ['resolved 1', 0])
  } finally {
    await folder.remove()
  }
})

test('a process with poll(), in back-off or between questions, ends by itself', async () => {
  const imports = `import { poll } from ${JSON.stringify(src('discovery/poll.ts'))}\nimport { merge } from ${JSON.stringify(src('discovery/merge.ts'))}`
  const answers = await run(imports, `merge(poll(async () => ['http://10.0.0.1']), poll(async () => { throw new Error('down') }))`)
  assert.deepEqual([answers.output, answers.code], ['resolved 1', 0])
  const fails = await run(imports, `poll(async () => { throw new Error('down') }, { every: '1s' })`)
  assert.deepEqual([fails.output, fails.code], ['unresolved 0 down', 0])
})
