import { Agent } from 'node:http'
import type { Open } from '../case.ts'
import { pathsUnder } from '../fetch-jobs.ts'
import { loadPeer } from './load-peer.ts'

type Got = (url: string) => { text(): Promise<string> }

/** got with its own retries, and a keep-alive agent. */
export const open: Open = async ({ urls: [url] }) => {
  const { default: got } = await loadPeer<{ default: { extend(options: object): Got } }>('got')
  const client = got.extend({ agent: { http: new Agent({ keepAlive: true }) } })
  const next = pathsUnder(`${url}/text`)
  return { call: async () => (await client(next()).text()).length }
}
