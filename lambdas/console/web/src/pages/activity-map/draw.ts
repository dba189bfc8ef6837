// From what the API answered to what is drawn and said of it.
import { radiusOf, widthOf, type Dot, type Line } from '../../charts/siteMap'
import { bytes, counted, digits } from '../../ui/number'
import { visible } from '../../ui/Wire'
import { heatOf, heatText, type Heat } from './heat'
import type { MapEdge, MapNode, Merged } from './merge'

/** A node's name as it is drawn: short, and with nothing unseen in it. */
export const shortName = (n: MapNode): string => visible(n.label, 26) + (n.addresses > 1 ? ` (${digits(n.addresses)})` : '')

export function dotsOf(m: Merged, heat: ReadonlyMap<string, Heat>): Dot[] {
  const hot = new Map(m.nodes.map((n) => [n.id, heatOf(n, heat)]))
  const score = (n: MapNode) => hot.get(n.id)?.score ?? 0
  const order = [...m.nodes].sort((a, b) => score(b) - score(a) || b.connections - a.connections || a.id.localeCompare(b.id))
  return order.map((n, rank) => {
    const h = hot.get(n.id)
    return { id: n.id, label: shortName(n), text: nodeText(n, h), kind: isGroup(n) ? 'group' : n.external ? 'outside' : 'inside', radius: radiusOf(n.connections, h !== undefined), score: h?.score, rank }
  })
}

// A group of one is still a group: it grows as more of it are heard.
const isGroup = (n: MapNode) => n.addresses > 1 || /^(vpc|subnet|role|tag):/.test(n.id)

export function nodeText(n: MapNode, h: Heat | undefined): string {
  const parts = [visible(n.label, 100), n.external && 'outside', n.addresses > 1 && counted(n.addresses, 'address', 'addresses'), counted(n.connections, 'conversation'), h && heatText(h)]
  return parts.filter(Boolean).join(', ')
}

/** The lines between nodes that are drawn. What a node said to itself (devices of one group among each other) has none; the list tells of it. */
export function linesOf(m: Merged): Line[] {
  const names = new Map(m.nodes.map((n) => [n.id, n.label]))
  return m.edges
    .filter((e) => e.from !== e.to && names.has(e.from) && names.has(e.to))
    .map((e) => ({ from: e.from, to: e.to, width: widthOf(e.bytes_sent + e.bytes_received), text: edgeText(e, names) }))
}

export function edgeText(e: MapEdge, names: ReadonlyMap<string, string>): string {
  const name = (id: string) => visible(names.get(id) ?? id, 60)
  const services = e.services.length > 0 ? `, ${e.services.slice(0, 8).map((s) => visible(s, 30)).join(', ')}${e.services.length > 8 ? ' and more' : ''}` : ''
  return `${name(e.from)} to ${name(e.to)}: ${counted(e.connections, 'conversation')}${services}, ${bytes(e.bytes_sent)} sent, ${bytes(e.bytes_received)} received`
}
