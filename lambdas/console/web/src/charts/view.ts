// Which part of a map is seen, and who is beside whom: the geometry of looking around, without a page.
import type { Places, Point } from './force'

/** What is drawn at (px, py) of the map stands at (x + k·px, y + k·py) of the picture. */
export interface View {
  x: number
  y: number
  k: number
}

export interface Size {
  width: number
  height: number
}

export const nearest = 4 // the most that it can be enlarged
export const farthest = 0.1

/** Shows all of it, at most in its own size, with room for names around. */
export function fitted(places: Places, size: Size, margin = Math.min(70, size.width / 12)): View {
  const at = [...places.values()]
  if (at.length === 0) return { x: size.width / 2, y: size.height / 2, k: 1 }
  const [left, right] = [Math.min(...at.map((p) => p.x)), Math.max(...at.map((p) => p.x))]
  const [top, bottom] = [Math.min(...at.map((p) => p.y)), Math.max(...at.map((p) => p.y))]
  const k = within(Math.min((size.width - 2 * margin) / Math.max(1, right - left), (size.height - margin) / Math.max(1, bottom - top), 1.25))
  return { k, x: size.width / 2 - (k * (left + right)) / 2, y: size.height / 2 - (k * (top + bottom)) / 2 }
}

/** Enlarges by the factor; what stands at the point of the picture stays there. */
export function zoomed(v: View, factor: number, at: Point): View {
  const k = within(v.k * factor)
  return { k, x: at.x - ((at.x - v.x) * k) / v.k, y: at.y - ((at.y - v.y) * k) / v.k }
}

export const panned = (v: View, dx: number, dy: number): View => ({ ...v, x: v.x + dx, y: v.y + dy })

const within = (k: number) => Math.min(nearest, Math.max(farthest, k))

/** Moves the picture no more than it takes for a point of the map to be seen. */
export function showing(v: View, p: Point, size: Size, margin = 40): View {
  const [x, y] = [v.x + v.k * p.x, v.y + v.k * p.y]
  const push = (at: number, most: number) => (at < margin ? margin - at : at > most - margin ? most - margin - at : 0)
  const [dx, dy] = [push(x, size.width), push(y, size.height)]
  return dx || dy ? panned(v, dx, dy) : v
}

export type Direction = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown'

const ways: Record<Direction, Point> = { ArrowLeft: { x: -1, y: 0 }, ArrowRight: { x: 1, y: 0 }, ArrowUp: { x: 0, y: -1 }, ArrowDown: { x: 0, y: 1 } }

export const isDirection = (key: string): key is Direction => key in ways

/** Who stands next in a direction: the nearest, what lies aside counting double. Undefined where nobody does. */
export function neighbour(places: Places, from: string, to: Direction): string | undefined {
  const at = places.get(from)
  const way = ways[to]
  if (!at) return undefined
  let best: string | undefined
  let least = Infinity
  for (const [id, p] of places) {
    const [dx, dy] = [p.x - at.x, p.y - at.y]
    const ahead = dx * way.x + dy * way.y
    const aside = Math.abs(dx * way.y) + Math.abs(dy * way.x)
    const cost = ahead + 2 * aside
    if (id !== from && ahead > 0 && cost < least) [best, least] = [id, cost]
  }
  return best
}

/** A box around its middle, in pixels of the picture. */
export interface Box {
  x: number
  y: number
  width: number
  height: number
}

export interface Name extends Box {
  id: string
}

/** Picks the names that lie neither over each other nor over what is taken; those that come first win. */
export function legible(names: readonly Name[], taken: readonly Box[] = []): Set<string> {
  const placed: Name[] = []
  for (const n of names) if (!placed.some((b) => over(n, b)) && !taken.some((b) => over(n, b))) placed.push(n)
  return new Set(placed.map((n) => n.id))
}

const over = (a: Box, b: Box) => Math.abs(a.x - b.x) * 2 < a.width + b.width && Math.abs(a.y - b.y) * 2 < a.height + b.height
