import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { temporaryFolder } from '../servers/server-kit.ts'

const program = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts')
const folder = await temporaryFolder()
after(() => folder.remove())

interface Ended {
  readonly code: number | null
  readonly output: string
  readonly complaints: string
}

/** Runs `proxyless` in the folder of these tests. */
async function run(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], { cwd: folder.path, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [output, complaints, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, output, complaints }
}

await writeFile(
  join(folder.path, 'good.yaml'),
  "services:\n  orders: { resolve: { fixed: ['http://10.0.0.7:80'] } }\n  users: { resolve: { dns: users } }\n",
)
await writeFile(
  join(folder.path, 'bad.yaml'),
  'defaults:\n  deadline: 2 seconds\nservices:\n  orders: { resolve: { dns: orders }, retrys: 1 }\n',
)
await writeFile(join(folder.path, 'broken.json'), '{\n  "services": {},\n}\n')

test('proxyless check says that a good file is good', async () => {
  assert.deepEqual(await run('check', 'good.yaml'), { code: 0, output: 'good.yaml: ok, 2 services: orders, users\n', complaints: '' })
})

test('proxyless check prints every problem with its line, and a piece of the file', async () => {
  const { code, output, complaints } = await run('check', 'bad.yaml', 'good.yaml', 'broken.json', 'missing.yaml')
  assert.deepEqual([code, complaints], [1, ''])
  const blocks = output.split('\n\n')
  assert.match(
    blocks[0] as string,
    /^bad\.yaml:2:13 defaults\.deadline: expected a duration .*, got "2 seconds"\n {2}2 \| {3}deadline: 2 seconds\n {4}\| {13}\^{9}$/,
  )
  assert.match(blocks[1] as string, /^bad\.yaml:4:39 services\.orders\.retrys: .*did you mean retry\?.*\n {2}4 \| .*\n {4}\| {39}\^{6}$/)
  assert.match(output, /\nbad\.yaml: 2 problems\ngood\.yaml: ok, 2 services: orders, users\n/)
  assert.match(output, /\nbroken\.json:3:1 expected another one after the comma, got "}"\n/)
  assert.match(output, /\nmissing\.yaml:1:1 expected a file that can be read, got ENOENT/)
})

test('proxyless check --json prints the same for programs', async () => {
  const { code, output } = await run('check', '--json', 'bad.yaml', 'good.yaml')
  assert.equal(code, 1)
  const { ok, files } = JSON.parse(output) as {
    ok: boolean
    files: { file: string; ok: boolean; services: string[]; problems: { path: string; line: number; column: number; length: number }[] }[]
  }
  assert.equal(ok, false)
  assert.deepEqual(
    files.map((file) => [file.file, file.ok, file.services]),
    [
      ['bad.yaml', false, []],
      ['good.yaml', true, ['orders', 'users']],
    ],
  )
  assert.deepEqual(
    files[0]?.problems.map(({ path, line, column, length }) => [path, line, column, length]),
    [
      ['defaults.deadline', 2, 13, 9],
      ['services.orders.retrys', 4, 39, 6],
    ],
  )
})

test('proxyless check knows what the program hands in, if it is told where that is', async () => {
  await writeFile(join(folder.path, 'named.yaml'), 'services: { orders: { resolve: { dns: orders }, classify: { function: judge } } }\n')
  await writeFile(join(folder.path, 'parts.mjs'), 'export const functions = { judge: () => undefined }\n')
  await writeFile(join(folder.path, 'default.mjs'), 'export default { functions: { judge: () => undefined } }\n')
  const { code, output } = await run('check', 'named.yaml')
  assert.equal(code, 1)
  assert.match(output, /a name among the functions that the program hands in, which are none.*--with MODULE/s)
  assert.equal((await run('check', '--with', 'parts.mjs', 'named.yaml')).code, 0)
  assert.equal((await run('check', '--with', 'default.mjs', 'named.yaml')).code, 0)
})

test('proxyless check makes quotas of what the program hands in, and reaches no Redis', async () => {
  const line = 'rateLimit: { permits: 5, quota: { redis: { env: NOWHERE_URL }, name: partner } }'
  await writeFile(join(folder.path, 'quota.yaml'), `services: { orders: { resolve: { dns: orders }, ${line} } }\n`)
  const entry = pathToFileURL(join(import.meta.dirname, '..', '..', 'src', 'quota.ts')).href
  await writeFile(join(folder.path, 'quotas.mjs'), `import { quota } from '${entry}'\nexport const quotas = { redis: quota }\n`)
  assert.match((await run('check', '--no-secrets', 'quota.yaml')).output, /quotas\.redis among what the program hands in.*--with MODULE/s)
  const args = ['--with', 'quotas.mjs', 'quota.yaml']
  assert.match((await run('check', ...args)).output, /quota\.redis\.env: expected a variable of the environment, with the URL of a Redis/)
  assert.equal((await run('check', '--no-secrets', ...args)).code, 0)
})

test('proxyless check shows the piece of a route that is wrong', async () => {
  const text = 'services:\n  orders:\n    resolve: { dns: orders }\n    route:\n      - match: { method: [GET, "P T"], pth: /v1 }\n'
  await writeFile(join(folder.path, 'route.yaml'), text)
  const { code, output } = await run('check', 'route.yaml')
  assert.equal(code, 1)
  assert.match(output, /^route\.yaml:5:32 services\.orders\.route\[0\]\.match\.method\[1\]: expected a method .*\n.*\n {4}\| {32}\^{5}\n/)
  assert.match(output, /route\.yaml:5:40 services\.orders\.route\[0\]\.match\.pth: .*did you mean path\?/)
})

test('proxyless check looks for certificates unless it is told not to', async () => {
  await writeFile(join(folder.path, 'tls.yaml'), 'services: { orders: { resolve: { dns: orders }, tls: { ca: { file: nowhere.pem } } } }\n')
  assert.match((await run('check', 'tls.yaml')).output, /tls\.ca\.file: expected a file that can be read/)
  assert.equal((await run('check', '--no-secrets', 'tls.yaml')).code, 0)
})

test('a command that is called wrongly ends with 2 and says how to call it', async () => {
  const wrong = [
    ['check'],
    ['chekc'],
    [],
    ['check', '--bla', 'good.yaml'],
    ['check', '--format', 'toml', 'good.yaml'],
    ['check', '--max-bytes', 'x', 'good.yaml'],
    ['check', '--with', 'nowhere.mjs', 'good.yaml'],
  ]
  for (const args of wrong) {
    const { code, output, complaints } = await run(...args)
    assert.equal(code, 2, args.join(' '))
    const usage =
      args[0] === 'check' ? /proxyless check \[options\] FILE/ : /^Usage: proxyless <command> \[options\]\n\n {2}check .*\n {2}top /m
    assert.match(output + complaints, usage, args.join(' '))
  }
  assert.equal((await run('--help')).code, 0)
  assert.equal((await run('check', '--help')).code, 0)
})

test('what a file holds does not reach the terminal as control characters', async () => {
  await writeFile(join(folder.path, 'colour.yaml'), 'services: { orders: { resolve: "\u001b[31mred\u001b[0m" } }\n')
  const { code, output } = await run('check', 'colour.yaml')
  assert.equal(code, 1)
  assert.ok(!output.includes('\u001b'), JSON.stringify(output))
})
