// The geometry of the time histogram: what is where, in pixels. Pure.
import { evenTop } from './ticks'

/** One bar: what was counted from `start` on, a number for each series, the lowest first. */
export interface Bar {
  start: number // ms of the Unix epoch
  counts: readonly number[]
}

/** From `from` on and before `to`, in ms of the Unix epoch. */
export interface Stretch {
  from: number
  to: number
}

export interface Box {
  x: number
  y: number
  width: number
  height: number
}

/** A piece of a bar: the box of one series. */
export interface Piece extends Box {
  bar: number
  series: number
}

/** The area that bars are drawn in, in pixels. */
export interface Area {
  left: number
  top: number
  width: number
  height: number
}

export interface Frame {
  from: number
  to: number
  step: number // ms of a bar
  area: Area
}

/** Gives the pixel of a moment; what is outside lands on the edge. */
export function xOf(f: Frame, ms: number): number {
  const part = (ms - f.from) / (f.to - f.from)
  return f.area.left + Math.min(1, Math.max(0, part)) * f.area.width
}

/** Gives the number of the bar below a pixel; what is outside is at the edge. */
export function barAt(f: Frame, x: number): number {
  const ms = f.from + ((x - f.area.left) / f.area.width) * (f.to - f.from)
  return Math.min(barCount(f) - 1, Math.max(0, Math.floor((ms - f.from) / f.step)))
}

/** How many bars there are room for in time. */
export function barCount(f: Frame): number {
  return f.step > 0 && f.to > f.from ? Math.max(1, Math.ceil((f.to - f.from) / f.step - 1e-6)) : 1
}

/** Gives the edge of a bar as a moment: 0 is the beginning, barCount the end. */
export function edgeOf(f: Frame, edge: number): number {
  return Math.round(edge >= barCount(f) ? f.to : f.from + Math.max(0, edge) * f.step)
}

/** Gives the edge that is nearest to a moment. */
export function nearestEdge(f: Frame, ms: number): number {
  if (ms >= f.to) return barCount(f)
  return Math.min(barCount(f), Math.max(0, Math.round((ms - f.from) / f.step)))
}

/** Gives the stretch between two bars, both of them in it, whichever was first. */
export function between(f: Frame, one: number, other: number): Stretch {
  return { from: edgeOf(f, Math.min(one, other)), to: edgeOf(f, Math.max(one, other) + 1) }
}

/** Gives the stretch with one of its ends moved to an edge; ends push each other, and a bar always stays between them. */
export function moved(f: Frame, s: Stretch, end: 'from' | 'to', edge: number): Stretch {
  const n = barCount(f)
  if (end === 'from') {
    const from = Math.min(n - 1, Math.max(0, edge))
    return { from: edgeOf(f, from), to: edgeOf(f, Math.max(from + 1, nearestEdge(f, s.to))) }
  }
  const to = Math.min(n, Math.max(1, edge))
  return { from: edgeOf(f, Math.min(to - 1, nearestEdge(f, s.from))), to: edgeOf(f, to) }
}

/** Whether a bar lies within a stretch, for the most part. */
export function within(f: Frame, bar: number, s: Stretch | undefined): boolean {
  if (!s) return true
  const middle = f.from + (bar + 0.5) * f.step
  return middle >= s.from && middle < s.to
}

/** Gives the top of the axis for what was counted. */
export function topOf(bars: readonly Bar[]): number {
  return evenTop(Math.max(0, ...bars.map((b) => sum(b.counts))))
}

/** Stacks the series of each bar from the bottom on. What is there is never thinner than a pixel and a half: one among thousands has to be seen. */
export function pieces(f: Frame, bars: readonly Bar[], top: number): Piece[] {
  const out: Piece[] = []
  for (const b of bars) {
    const bar = Math.round((b.start - f.from) / f.step)
    if (bar < 0 || bar >= barCount(f)) continue
    const left = xOf(f, b.start)
    const wide = xOf(f, b.start + f.step) - left
    const apart = wide > 6 ? 2 : wide > 3 ? 1 : 0
    let below = f.area.top + f.area.height
    b.counts.forEach((count, series) => {
      if (!(count > 0)) return
      const height = Math.max(1.5, (count / top) * f.area.height)
      below -= height
      out.push({ bar, series, x: left + apart / 2, y: below, width: Math.max(1, wide - apart), height })
    })
  }
  return out
}

/** Gives the stretches between `from` and `to` in which nothing was counted at all, joined where they touch. */
export function silences(f: Stretch, step: number, bars: readonly Bar[]): Stretch[] {
  const out: Stretch[] = []
  for (const b of bars) {
    if (sum(b.counts) > 0) continue
    const last = out.at(-1)
    const to = Math.min(f.to, b.start + step)
    if (last && b.start - last.to < 1) last.to = to
    else if (to > f.from) out.push({ from: Math.max(f.from, b.start), to })
  }
  return out
}

export const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0)
