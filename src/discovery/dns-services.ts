import type { SrvRecord } from 'node:dns'
import type { EndpointSpec } from '../endpoint/endpoint.ts'
import type { DnsAddress } from './dns-addresses.ts'

/** The highest tier that an endpoint can have. */
const lastPriority = 127

/**
 * Makes endpoints of SRV records (RFC 2782).
 *
 * Their priorities are ranked: the lowest becomes tier 0, the next one tier 1. A record's weight is shared by the addresses of its target,
 * and a weight of 0 counts as 1, the smallest that a record can have.
 *
 * @param records what was answered.
 * @param addressesOf the addresses of a target; none when they are not known.
 * @param specOf makes an endpoint of an address and a port.
 */
export function serviceEndpoints(
  records: readonly SrvRecord[],
  addressesOf: (target: string) => readonly DnsAddress[],
  specOf: (address: string, port: number) => EndpointSpec,
): EndpointSpec[] {
  const tiers = [...new Set(records.map((record) => record.priority))].sort((a, b) => a - b)
  const ordered = records.toSorted((a, b) => a.priority - b.priority)
  return ordered.flatMap((record) => {
    const addresses = addressesOf(record.name)
    const weight = Math.max(1, record.weight) / addresses.length
    const priority = Math.min(tiers.indexOf(record.priority), lastPriority)
    return addresses.map(({ address }) => ({ ...specOf(address, record.port), weight, priority }))
  })
}

/** Whether the answer says that the service is decidedly not there: one record whose target is the root. */
export function deniesService(records: readonly SrvRecord[]): boolean {
  return records.length === 1 && (records[0]?.name === '' || records[0]?.name === '.')
}
