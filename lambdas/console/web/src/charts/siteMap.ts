// What a site map draws: nodes as dots, conversations as lines. Plain data, so that it can be tested without a page.
import type { Places, Point } from './force'
import type { Box, Name } from './view'

export interface Dot {
  id: string
  label: string // as it is shown: nothing unseen in it
  text: string // the whole, for a screen reader
  kind: 'inside' | 'outside' | 'group'
  radius: number
  score?: number // the highest risk of its detections
  rank: number // who is named first where names do not fit
}

export interface Line {
  from: string
  to: string
  width: number
  text: string
}

/** The radius of a node by its conversations: ten times as many, four more. Who has a score has room for it. */
export const radiusOf = (connections: number, hot: boolean): number =>
  Math.round(Math.max(hot ? 12 : 0, Math.min(20, 5 + 4 * Math.log10(Math.max(1, connections)))) * 10) / 10

/** The width of a line by its bytes: from 1 for next to nothing to 6 for gigabytes. */
export const widthOf = (bytes: number): number => Math.round(Math.min(6, Math.max(1, Math.log10(Math.max(1, bytes)) - 2)) * 10) / 10

/** By how much dots and names are drawn larger than the map: they neither vanish when all is seen nor fill the picture when little is. */
export const sizing = (k: number): number => (k < 1 ? k ** -0.6 : k ** -0.8)

/** A line with an arrow in its middle, bent where there is one back beside it. */
export function pathOf(a: Point, b: Point, bent: boolean): string {
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  const length = Math.hypot(dx, dy) || 1
  const aside = bent ? Math.min(14, length / 6) : 0
  const x = (a.x + b.x) / 2 - (dy / length) * aside
  const y = (a.y + b.y) / 2 + (dx / length) * aside
  return `M${a.x} ${a.y}L${round(x)} ${round(y)}L${b.x} ${b.y}`
}

const round = (n: number) => Math.round(n * 10) / 10

/** The key of a line's pair of nodes, and of the one back. */
export const lineKey = (l: { from: string; to: string }): string => `${l.from}\u0000${l.to}`
export const backKey = (l: { from: string; to: string }): string => `${l.to}\u0000${l.from}`

/** Where names would stand, the most important first, and the boxes of the nodes that they must not cover. Seven pixels a character is a little more than they take. */
export function namesOf(dots: readonly Dot[], places: Places, k: number): [Name[], Box[]] {
  const size = sizing(k) * k
  const at = (d: Dot) => places.get(d.id) ?? { x: 0, y: 0 }
  const names = [...dots].sort((a, b) => a.rank - b.rank).map((d) => ({ id: d.id, x: k * at(d).x, y: k * at(d).y + (d.radius + 10) * size, width: 7 * d.label.length * size, height: 15 * size }))
  return [names, dots.map((d) => ({ x: k * at(d).x, y: k * at(d).y, width: 2 * d.radius * size, height: 2 * d.radius * size }))]
}
