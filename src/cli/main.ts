#!/usr/bin/env node
import { ownTerminal, type Terminal } from './terminal.ts'

/** A command: what it is for, and what runs it. Loaded when it is called. */
interface Command {
  readonly summary: string
  readonly load: () => Promise<(args: readonly string[], terminal: Terminal) => Promise<number>>
}

const commands: Readonly<Record<string, Command>> = {
  top: { summary: 'shows what a mesh does, by its admin page', load: async () => (await import('./top.ts')).top },
}

const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`)
const usage = `Usage: proxyless <command> [options]\n\n${lines.join('\n')}\n\nproxyless <command> --help says more.\n`

/** Runs the command that the arguments name; answers with the exit code. */
async function main([name, ...rest]: readonly string[], terminal: Terminal): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    terminal.out.write(usage)
    return name === undefined ? 2 : 0
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) {
    terminal.err.write(`proxyless: expected a command (${Object.keys(commands).join(', ')}), got ${JSON.stringify(name)}\n\n${usage}`)
    return 2
  }
  return (await command.load())(rest, terminal)
}

process.exitCode = await main(process.argv.slice(2), ownTerminal)
