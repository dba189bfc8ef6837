// The layout of a detection's activity map: who reached the offender, the offenders, whom they reached. The same map gives the same drawing.
import type { ActivityMap } from '../api/names'
import type { Schemas } from '../api/client'
import { short } from '../ui/number'
import { visible } from '../ui/Wire'

export type MapNode = Schemas['MapNode']
export type MapEdge = Schemas['MapEdge']
export type Column = NonNullable<MapNode['column']>

export const columnTitle: Record<Column, string> = { source: 'Reached the offender', offender: 'Offender', target: 'Reached by the offender' }

/** Pixels: half of a node's shape, and how far apart rows are. In the middle the label is below the node, which takes more room. */
export const radius = 16
const row = 48
const middleRow = 84
const head = 30

export interface PlacedNode {
  node: MapNode
  x: number // of the shape's middle
  y: number
  side: 'left' | 'right' | 'below' // where its label is
}

export interface PlacedColumn {
  column: Column
  x: number
  nodes: PlacedNode[]
  left: number // nodes that are not drawn
}

export interface Label {
  x: number // of its middle
  y: number
  width: number
  text: string
}

export interface PlacedEdge {
  edge: MapEdge
  x1: number
  y1: number
  x2: number
  y2: number
  label?: Label // absent where there is no room for it
}

export interface ColumnLayout {
  width: number
  height: number
  room: number // px for the label of a node
  columns: PlacedColumn[]
  edges: PlacedEdge[] // hot ones last, so that they are drawn on top
}

/** Lays out a map, at most `most` nodes a column. */
export function layColumns(map: Pick<ActivityMap, 'nodes' | 'edges'>, width: number, most = 12): ColumnLayout {
  const hot = new Set(map.edges.filter((e) => e.hot).flatMap((e) => [e.from, e.to]))
  const lists = (['source', 'offender', 'target'] as const).map((column) => ({ column, all: ordered(map.nodes.filter((n) => columnOf(n) === column), hot) }))
  const shown = lists.filter((l) => l.all.length > 0)
  const height = head + Math.max(row, ...shown.map((l, i) => Math.min(l.all.length, most) * rowOf(i, shown.length)))
  const room = Math.round(Math.max(96, Math.min(210, width * 0.2)))
  const columns = shown.map(({ column, all }, i): PlacedColumn => {
    const x = columnX(i, shown.length, width, room)
    return { column, x, nodes: placed(all.slice(0, most), i, shown.length, x, height), left: Math.max(0, all.length - most) }
  })
  return { width, height, room, columns, edges: withLabels(edges(map.edges, columns), columns, room) }
}

const columnOf = (n: MapNode): Column => n.column ?? 'target'
const rowOf = (i: number, n: number) => (sideOf(i, n) === 'below' ? middleRow : row)
const sideOf = (i: number, n: number): PlacedNode['side'] => (n === 1 ? 'below' : i === 0 ? 'left' : i === n - 1 ? 'right' : 'below')

function columnX(i: number, n: number, width: number, room: number): number {
  if (n === 1) return width / 2
  const first = room + radius
  return first + ((width - 2 * first) * i) / (n - 1)
}

// What the detection is about is on top, then whoever spoke most.
function ordered(nodes: MapNode[], hot: Set<string>): MapNode[] {
  const rank = (n: MapNode) => (hot.has(n.id) ? 0 : n.role ? 1 : 2)
  return nodes.toSorted((a, b) => rank(a) - rank(b) || b.connections - a.connections || byName.compare(a.id, b.id) || (a.id < b.id ? -1 : 1))
}

// 10.0.0.9 is before 10.0.0.10.
const byName = new Intl.Collator('en', { numeric: true })

function placed(nodes: MapNode[], i: number, n: number, x: number, height: number): PlacedNode[] {
  const step = rowOf(i, n)
  const side = sideOf(i, n)
  const top = head + (height - head - nodes.length * step) / 2
  const up = side === 'below' ? 20 : 0 // the label below is part of the row
  return nodes.map((node, k) => ({ node, x, y: top + step * (k + 0.5) - up, side }))
}

// edges gives a straight line from the rim of a node to that of another, hot ones last.
function edges(all: readonly MapEdge[], columns: PlacedColumn[]): PlacedEdge[] {
  const at = new Map(columns.flatMap((c) => c.nodes.map((n) => [n.node.id, n] as const)))
  const out: PlacedEdge[] = []
  for (const edge of all.toSorted((a, b) => Number(a.hot) - Number(b.hot) || (a.from + a.to < b.from + b.to ? -1 : 1))) {
    const from = at.get(edge.from)
    const to = at.get(edge.to)
    if (!from || !to) continue
    const length = Math.hypot(to.x - from.x, to.y - from.y) || 1
    const [dx, dy] = [(to.x - from.x) / length, (to.y - from.y) / length]
    const rim = radius + 4
    out.push({ edge, x1: from.x + dx * rim, y1: from.y + dy * rim, x2: to.x - dx * (rim + 5), y2: to.y - dy * (rim + 5) })
  }
  return out
}

/** What is written on an edge. */
export function edgeText(e: MapEdge): string {
  const names = e.services.slice(0, 2).map((s) => visible(s, 14)).join(', ') + (e.services.length > 2 ? ` +${e.services.length - 2}` : '')
  const times = e.connections > 0 ? `${short(e.connections)}×` : 'under way'
  return names ? `${names} ${times}` : times
}

interface Box {
  x: number
  y: number
  width: number
  height: number
}

const touch = (a: Box, b: Box) => Math.abs(a.x - b.x) * 2 < a.width + b.width && Math.abs(a.y - b.y) * 2 < a.height + b.height

// Where along an edge its label may be, counted from the end that is not the offender's: there the edges are farthest apart.
const places = [0.34, 0.26, 0.42, 0.5, 0.2, 0.58, 0.66]
const labelHeight = 17

// withLabels writes on the edges, hot ones first, where no label touches another or a node. What finds no room is left out: the list has it.
function withLabels(all: PlacedEdge[], columns: PlacedColumn[], room: number): PlacedEdge[] {
  const middle = columns.find((c) => c.column === 'offender')
  const taken: Box[] = columns.flatMap((c) => c.nodes.flatMap((n) => boxes(n, room)))
  const labels = new Map<PlacedEdge, Label>()
  for (const e of all.toReversed()) {
    const text = edgeText(e.edge)
    const width = Math.ceil(text.length * 6.6) + 10
    const outward = middle?.nodes.some((n) => n.node.id === e.edge.from) ?? false
    const place = places.map((t) => spotOn(e, outward ? 1 - t : t, width)).find((b) => !taken.some((o) => touch(b, o)))
    if (!place) continue
    taken.push(place)
    labels.set(e, { x: place.x, y: place.y, width, text })
  }
  return all.map((e) => ({ ...e, label: labels.get(e) }))
}

const spotOn = (e: PlacedEdge, t: number, width: number): Box => ({ x: e.x1 + (e.x2 - e.x1) * t, y: e.y1 + (e.y2 - e.y1) * t, width, height: labelHeight })

// boxes are the room that a node takes: its shape, and its label.
function boxes(n: PlacedNode, room: number): Box[] {
  const shape = { x: n.x, y: n.y, width: radius * 2 + 6, height: radius * 2 + 6 }
  if (n.side === 'below') return [shape, { x: n.x, y: n.y + radius + 22, width: Math.min(room, 150), height: 40 }]
  return [shape, { x: n.x + (n.side === 'left' ? -1 : 1) * (radius + room / 2), y: n.y, width: room, height: 40 }]
}

/** The address of a node that stands for one: it is behind the column in its id. */
export function addressOf(n: MapNode): string {
  const prefix = `${columnOf(n)}:`
  return n.id.startsWith(prefix) ? n.id.slice(prefix.length) : n.id
}

/** What a node is, in words that do not need its colour or shape. */
export function rolesOf(n: MapNode): string[] {
  const words = n.role ? [n.role] : []
  if (n.external) words.push('external')
  if (n.addresses > 1) words.push(`${n.addresses} addresses`)
  return words
}
