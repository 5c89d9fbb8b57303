// What you learn: the plan of a mesh in a file that is followed while calls go on; a bad file changes nothing and says why.
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { meshFromFile, rendezvous } from 'proxyless'
import { startServer } from './support/start-server.ts'

const [blue, green] = [await startServer('blue'), await startServer('green')]
const folder = await mkdtemp(join(tmpdir(), 'plan-file-'))
const file = join(folder, 'mesh.yaml')
const template = await readFile(new URL('./21-plan-file.yaml', import.meta.url), 'utf8')

/** Renamed into place, so that nobody ever reads half of it. */
async function write(text: string): Promise<void> {
  await writeFile(`${file}.new`, text)
  await rename(`${file}.new`, file)
}

await write(template.replace('http://127.0.0.1:1', blue.url))
const net = await meshFromFile(file, {
  balancers: { byUser: () => rendezvous({ hashOn: { header: 'x-user' } }) },
  warn: false,
})
const server = async () => ((await (await net.fetch('http://orders/')).json()) as { name: string }).name
console.log(await server()) // prints: blue

const refused = new Promise<void>((resolve) => {
  net.on('plan-refused', ({ problems }) => {
    for (const { line, column, path, expected } of problems) console.log(`${line}:${column} ${path}: expected ${expected}`)
    resolve()
  })
})
await write(template.replace('attempts: 3', 'attempts: 0'))
await refused // prints: 8:22 defaults.retry.attempts: expected an integer in [1, Infinity)
console.log(await server()) // prints: blue

const changed = new Promise((resolve) => net.on('endpoints-changed', resolve))
await write(template.replace('http://127.0.0.1:1', green.url))
await changed
console.log(await server()) // prints: green

await net.close()
await Promise.all([blue.close(), green.close(), rm(folder, { recursive: true })])
