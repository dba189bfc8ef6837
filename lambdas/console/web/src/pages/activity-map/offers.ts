// Scopes to begin with, the busiest first: nobody knows by heart what there is.
import { api, told, type Schemas } from '../../api/client'
import { useRead, type Reading } from '../../api/read'
import { iso, type Span } from '../../state/span'
import type { Scope } from './scope'

export interface Offer {
  scope: Scope
  count: number // conversations; of VPCs interfaces
}

export interface Offers {
  networks: Offer[]
  vpcs: Offer[]
  points: Offer[]
  hosts: Offer[]
  complete: boolean
  why?: string
}

type Top = Schemas['RecordTop']
type Share = Schemas['CoverageShare']

/** What may be chosen in the span. */
export function useOffers(span: Span): Reading<Offers> {
  return useRead(
    ['activity-map', 'offers', span.from, span.to],
    async (signal) => {
      const top = (field: string): Promise<Top> =>
        told(api.POST('/v1/records/top', { signal, body: { from: iso(span.from), to: iso(span.to), kinds: ['conn'], fields: [field], limit: 500 } }))
      const [asking, asked, points, summary] = await Promise.all([top('id.orig_h'), top('id.resp_h'), top('vni'), told(api.GET('/v1/coverage/summary', { signal }))])
      return offersOf(asking, asked, points, summary.vpcs)
    },
    { keep: true, patience: 5 * 60_000 },
  )
}

/** Makes offers of who asked most, who was asked most, where, and of the VPCs that there are. */
export function offersOf(asking: Top, asked: Top, points: Top, vpcs: readonly Share[]): Offers {
  const hosts = new Map<string, number>()
  for (const v of [...asking.items, ...asked.items]) add(hosts, v.values[0] ?? '', v.count)
  const networks = new Map<string, number>()
  for (const [address, count] of hosts) add(networks, networkOf(address), count)
  const failed = [asking, asked, points].find((t) => !t.complete)
  return {
    networks: ranked(networks, 'address').slice(0, 8),
    hosts: ranked(hosts, 'address').slice(0, 8),
    points: points.items.slice(0, 8).map((v) => ({ scope: { kind: 'vni', value: v.values[0] ?? '' }, count: v.count })),
    vpcs: vpcs.filter((s) => s.key).map((s): Offer => ({ scope: { kind: 'vpc', value: s.key }, count: s.interfaces })).sort((a, b) => b.count - a.count).slice(0, 8),
    complete: !failed,
    why: failed?.why,
  }
}

const add = (to: Map<string, number>, key: string, n: number) => key && to.set(key, (to.get(key) ?? 0) + n)

const ranked = (counts: Map<string, number>, kind: Scope['kind']): Offer[] =>
  [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([value, count]) => ({ scope: { kind, value }, count }))

const inside = /^(10\.\d+|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./

/** The /24 around an address that is private, as subnets often are; of others none. */
export function networkOf(address: string): string {
  const m = /^(\d+\.\d+\.\d+)\.\d+$/.exec(address)
  return m && inside.test(address) ? `${m[1]}.0/24` : ''
}
