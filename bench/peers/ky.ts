import type { Open } from '../case.ts'
import { pathsUnder } from '../fetch-jobs.ts'
import { loadPeer } from './load-peer.ts'

interface Ky {
  get(url: string): { text(): Promise<string> }
}

/** ky as it comes: retries and a timeout around the built-in fetch. */
export const open: Open = async ({ urls: [url] }) => {
  const { default: ky } = await loadPeer<{ default: Ky }>('ky')
  const next = pathsUnder(`${url}/text`)
  return { call: async () => (await ky.get(next()).text()).length }
}
