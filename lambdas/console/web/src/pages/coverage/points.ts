// Observation points: what all sensors together hear under each network identifier.
import type { Schemas } from '../../api/client'
import type { Coverage } from './logic'

export type Heard = Schemas['ObservationPoint']
export type Fault = NonNullable<Heard['faults']>[number]

/** One network identifier. Counts are of the sensors that run; where none of its sensors does any more, of those that did. */
export interface Point {
  vni: number
  interface?: string // that has it now, by the inventory or by what the sensor was told
  name?: string
  listed: boolean // the list of interfaces has it
  sensors: string[]
  ended: boolean // none of its sensors runs any more
  seen?: number // its last packet, in milliseconds; undefined: none came in the time that is kept
  packets: number
  bytes: number
  gaps: number
  truncated: number
  duplicates: number
  faults: Fault[]
}

/** Puts rows of sensors and the inventory together. Without a list of sensors all are taken to run. */
export function pointsOf(heard: readonly Heard[], interfaces: readonly Coverage[], running: readonly string[] | undefined): Point[] {
  const rows = new Map<number, Heard[]>()
  for (const h of heard) rows.set(h.vni, [...(rows.get(h.vni) ?? []), h])
  const owners = new Map(interfaces.flatMap((c) => (c.vni === undefined ? [] : [[c.vni, c] as const])))
  for (const vni of owners.keys()) if (!rows.has(vni)) rows.set(vni, [])
  return [...rows].map(([vni, list]) => pointOf(vni, list, owners.get(vni), running)).sort(worst)
}

function pointOf(vni: number, all: Heard[], owner: Coverage | undefined, running: readonly string[] | undefined): Point {
  const alive = all.filter((h) => !running || running.includes(h.sensor))
  const list = alive.length > 0 ? alive : all
  const sum = (of: (h: Heard) => number) => list.reduce((n, h) => n + of(h), 0)
  const newest = list.reduce<Heard | undefined>((a, h) => (!a || a.last_seen < h.last_seen ? h : a), undefined)
  return {
    vni, interface: owner?.interface ?? newest?.interface, name: owner?.name ?? newest?.name, listed: owner !== undefined,
    sensors: list.map((h) => h.sensor), ended: all.length > 0 && alive.length === 0, seen: newest && Date.parse(newest.last_seen),
    packets: sum((h) => h.packets), bytes: sum((h) => h.bytes), gaps: sum((h) => h.gaps), truncated: sum((h) => h.truncated), duplicates: sum((h) => h.duplicates),
    faults: faultsOf(list),
  }
}

// Of a balancer's sensors one may have no packet of a point for a while: it is silent only where none hears it.
function faultsOf(list: readonly Heard[]): Fault[] {
  const all = [...new Set(list.flatMap((h) => h.faults ?? []))]
  return all.filter((f) => f !== 'silent' || list.every((h) => h.faults?.includes('silent'))).sort()
}

/** How a point fares, worst first. */
export type Fares = 'unheard' | 'faulty' | 'ended' | 'well'

const order: Fares[] = ['unheard', 'faulty', 'ended', 'well']

export const faresOf = (p: Point): Fares => (p.seen === undefined ? 'unheard' : p.ended ? 'ended' : p.faults.length > 0 ? 'faulty' : 'well')

/** Those with something wrong first, and of equals those that were not heard for longest. */
export const worst = (a: Point, b: Point): number => order.indexOf(faresOf(a)) - order.indexOf(faresOf(b)) || (a.seen ?? 0) - (b.seen ?? 0) || a.vni - b.vni

/** What of its packets did not come as it should, as shares; what never happened is left out. */
export function partsOf(p: Point): { what: string; count: number; share: string }[] {
  const all = [{ what: 'missing', count: p.gaps }, { what: 'cut', count: p.truncated }, { what: 'seen before', count: p.duplicates }]
  return all.filter((x) => x.count > 0).map((x) => ({ ...x, share: shareOf(x.count, p.packets) }))
}

// Never 0 of some.
function shareOf(n: number, packets: number): string {
  const share = (100 * n) / Math.max(1, packets)
  return share < 0.01 ? 'Under 0.01 %' : `${share < 10 ? share.toFixed(2) : share.toFixed(1)} %`
}
