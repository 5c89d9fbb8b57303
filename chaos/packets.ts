import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { findProgram } from '../test/servers/server-kit.ts'

const run = promisify(execFile)

/** The environment variable that says: this process has a network namespace of its own, in which rules touch nobody else. */
const inside = 'PROXYLESS_CHAOS_NAMESPACE'

/**
 * The command that gives a program a network of its own, with a loopback and nothing else; `undefined` where that is not permitted, or where
 * `nft`, which drops packets in it, is missing.
 */
export function ownNetwork(): readonly string[] | undefined {
  const [unshare, nft, ip] = ['unshare', 'nft', 'ip'].map(findProgram)
  if (unshare === undefined || nft === undefined || ip === undefined) return undefined
  const command = [unshare, '--net', '--', 'sh', '-c', `${ip} link set lo up && ${inside}=1 exec "$0" "$@"`]
  const tried = spawnSync(command[0] as string, [...command.slice(1), nft, 'list', 'tables'], { stdio: 'ignore' })
  return tried.status === 0 ? command : undefined
}

/** Drops every packet to a port, and every packet from it: nobody is told anything. */
export async function dropPackets(port: number): Promise<void> {
  if (process.env[inside] !== '1') throw new Error('packets: a network namespace of our own is needed to drop packets')
  await nft('add table ip chaos', 'add chain ip chaos in { type filter hook input priority 0; }')
  await nft(`add rule ip chaos in tcp dport ${port} drop`, `add rule ip chaos in tcp sport ${port} drop`)
}

/** Lets everything through again. */
export async function passPackets(): Promise<void> {
  await nft('delete table ip chaos')
}

async function nft(...commands: readonly string[]): Promise<void> {
  await run(findProgram('nft') ?? 'nft', [commands.join('; ')])
}
