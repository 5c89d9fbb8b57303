import { Agent } from 'node:http'
import type { Open } from '../case.ts'
import { pathsUnder } from '../fetch-jobs.ts'
import { loadPeer } from './load-peer.ts'

interface Axios {
  get(url: string): Promise<{ readonly data: string }>
}

/** axios on its Node adapter with a keep-alive agent. It has no retries of its own. */
export const open: Open = async ({ urls: [url] }) => {
  const { default: axios } = await loadPeer<{ default: { create(options: object): Axios } }>('axios')
  const client = axios.create({ httpAgent: new Agent({ keepAlive: true }), responseType: 'text' })
  const next = pathsUnder(`${url}/text`)
  return { call: async () => (await client.get(next())).data.length }
}
