#!/usr/bin/env node
import type { Command, CommandOutput } from './command.ts'

/** Every subcommand, by its name. Each is loaded when it is called. */
const commands: Readonly<Record<string, () => Promise<{ readonly command: Command }>>> = {
  check: () => import('./check.ts'),
  top: () => import('./top.ts'),
}

async function usage(): Promise<string> {
  const lines = Object.entries(commands).map(async ([name, load]) => `  ${name.padEnd(8)}${(await load()).command.summary}\n`)
  return `Usage: proxyless <command> [options]\n\n${(await Promise.all(lines)).join('')}\nproxyless <command> --help says more.\n`
}

async function main(args: readonly string[], output: CommandOutput): Promise<number> {
  const [name = '--help', ...others] = args
  if (name === '--help' || name === '-h' || name === 'help') {
    output.print(await usage())
    return args.length === 0 ? 2 : 0
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (load === undefined) {
    output.complain(`proxyless: expected a command (${Object.keys(commands).join(', ')}), got ${JSON.stringify(name)}\n\n${await usage()}`)
    return 2
  }
  const { command } = await load()
  if (others.includes('--help') || others.includes('-h')) {
    output.print(command.usage)
    return 0
  }
  return command.run(others, output)
}

process.exitCode = await main(process.argv.slice(2), {
  print: (text) => void process.stdout.write(text),
  complain: (text) => void process.stderr.write(text),
})
