// Which nodes take part in detections.
import type { Schemas } from '../../api/client'
import { isNetwork } from './scope'
import type { MapNode } from './merge'

type Group = Schemas['Group']

export interface Heat {
  score: number // the highest
  asOffender: number // detections
  asVictim: number
  inAny: number // where it is not known as what
}

/** The heat of nodes, by what participants are known by: an interface, an address, a VPC. */
export function heats(offenders: readonly Group[], victims: readonly Group[], any: readonly Group[] = []): Map<string, Heat> {
  const out = new Map<string, Heat>()
  const add = (g: Group, role: 'asOffender' | 'asVictim' | 'inAny') => {
    if (!g.key) return
    const key = addressIn(g.key) ?? g.key
    const have = out.get(key) ?? { score: 0, asOffender: 0, asVictim: 0, inAny: 0 }
    out.set(key, { ...have, score: Math.max(have.score, g.max_score), [role]: have[role] + g.count })
  }
  for (const g of offenders) add(g, 'asOffender')
  for (const g of victims) add(g, 'asVictim')
  for (const g of any) add(g, 'inAny')
  return out
}

/** The heat of one node. A map's node is an address wherever it was heard, so that its heat is, too. Of groups only VPCs have one. */
export function heatOf(n: MapNode, all: ReadonlyMap<string, Heat>): Heat | undefined {
  const keys = n.id.startsWith('vpc:') ? [n.id.slice(4)] : [n.device, addressOf(n)].map((k) => k && (addressIn(k) ?? k))
  const found = [...new Set(keys)].map((k) => (k ? all.get(k) : undefined)).filter((h): h is Heat => h !== undefined)
  if (found.length === 0) return undefined
  return {
    score: Math.max(...found.map((h) => h.score)),
    asOffender: found.reduce((n, h) => n + h.asOffender, 0),
    asVictim: found.reduce((n, h) => n + h.asVictim, 0),
    inAny: found.reduce((n, h) => n + h.inAny, 0),
  }
}

// The address within an id: 10.0.0.1 of vni-1/10.0.0.1.
function addressIn(id: string): string | undefined {
  const last = id.split('/').at(-1) ?? ''
  return isNetwork(last) ? last : undefined
}

/** The address that a node stands for, where it stands for one: in its id, or what it is called by. */
export function addressOf(n: MapNode): string | undefined {
  return addressIn(n.id) ?? (isNetwork(n.label) && !n.label.includes('/') ? n.label : undefined)
}

/** "in detections: 3 as offender, 1 as victim; highest risk 72". */
export function heatText(h: Heat): string {
  const parts = [h.asOffender && `${h.asOffender} as offender`, h.asVictim && `${h.asVictim} as victim`, h.inAny].filter(Boolean)
  return `in detections: ${parts.join(', ')}; highest risk ${h.score}`
}
