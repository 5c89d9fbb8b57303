import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { npm } from './npm.ts'
import { runToSuccess } from './run-program.ts'

/** What the package promises to run on: the oldest Node that `engines` names, and the two lines after it. */
export const nodeVersions = ['22.19.0', '24.21.0', '26.10.0'] as const

/**
 * The program of a version of Node, installed into a cache outside the checkout when it is not there yet.
 *
 * npm has every version of Node as a package for each platform, with the program in it. The package called `node` would choose the platform,
 * but in an install script, which newer versions of npm do not run unasked.
 */
export async function nodeProgram(version: string): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'proxyless-nodes')
  const home = join(cache, version)
  if (!existsSync(home)) {
    mkdirSync(cache, { recursive: true })
    const draft = mkdtempSync(join(cache, `${version}-`))
    try {
      writeFileSync(join(draft, 'package.json'), JSON.stringify({ private: true }))
      await npm(process.execPath, ['install', `${platformPackage}@${version}`], draft)
      renameSync(draft, home)
    } catch (error) {
      rmSync(draft, { recursive: true, force: true })
      if (!existsSync(home)) throw error // Otherwise somebody else was faster.
    }
  }
  const installed = join(home, 'node_modules', platformPackage)
  const { bin } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { bin: { node: string } }
  const program = join(installed, bin.node)
  const { output } = await runToSuccess(program, ['--version'], { cwd: home, withinMs: 120_000 })
  if (output.trim() !== `v${version}`) throw new Error(`${program}: expected Node ${version}, got ${output.trim()}`)
  return program
}

const platformPackage = `${process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'}-${
  process.platform === 'win32' ? 'win' : process.platform
}-${process.arch}`
