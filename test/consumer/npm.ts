import { runToSuccess } from './run-program.ts'

/**
 * Runs npm.
 *
 * @param node the Node that npm itself runs on: it decides what `engines` of a dependency are checked against.
 */
export async function npm(node: string, args: readonly string[], cwd: string): Promise<string> {
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--prefer-offline']
  const script = process.env.npm_execpath
  const [file, before] = script === undefined ? ['npm', []] : [node, [script]]
  const { output } = await runToSuccess(file, [...before, ...args, ...quiet], { cwd, env: freshEnv, withinMs: 300_000 })
  return output
}

/** The settings that `npm run` hands to its children would make the npm below work on this repository. */
const freshEnv: Readonly<Record<string, string>> = {
  npm_config_local_prefix: '',
  npm_config_prefix: '',
}
