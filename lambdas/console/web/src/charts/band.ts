// The geometry of a band chart: what was seen over time beside the range that was expected. Numbers in, numbers and paths out.
import { valueTicks, type Tick } from './scale'

/** One value a step. What was not observed is absent. Times in ms of the Unix epoch. */
export interface Seen {
  time: number
  value: number
}

/** What was to be expected at a time. */
export interface Expected {
  time: number
  low: number
  median: number
  high: number
}

export interface BandInput {
  points: readonly Seen[]
  band: readonly Expected[]
  step: number // ms
  unit?: string
  left?: number // when the values left the range; without it, what is outside now and then is not made much of
  from?: number // what the axis shows, where it is more than there are values of
  to?: number
  width: number // px
  height: number
}

/** A step of time, with what was seen and what was expected in it. */
export interface Slot {
  time: number
  x: number
  y?: number
  value?: number
  expected?: Expected
  outside: boolean // of the range
  red: boolean // outside since the range was left
}

export interface BandLayout {
  slots: Slot[]
  usual: string // the line within the range
  outside: string // and where it is outside
  lone: Slot[] // values with nothing before or after them, which no line shows
  range: string[] // the expected range, a piece for each stretch without a gap
  median: string
  left?: { time: number; from: number; to: number } // when it left the range, and the x of the ground from there to the last value outside
  ticks: Tick[]
  x: (time: number) => number
  y: (value: number) => number
  from: number
  to: number
}

/** Lays out a chart in a box of width and height; axes are outside of it. */
export function layBand(o: BandInput): BandLayout {
  const { points, band, step, width, height } = o
  const times = [...new Set([...points, ...band].map((p) => p.time))].sort((a, b) => a - b)
  const from = Math.min(times[0] ?? o.from ?? 0, o.from ?? Infinity)
  const to = Math.max((times.at(-1) ?? from) + step, o.to ?? 0)
  const ticks = valueTicks(Math.max(0, ...points.map((p) => p.value), ...band.map((b) => b.high)), o.unit)
  const top = ticks.at(-1)?.at ?? 1
  const x = (t: number) => ((t - from) / (to - from || 1)) * width
  const y = (v: number) => height - (v / top) * height
  const values = new Map(points.map((p) => [p.time, p.value]))
  const ranges = new Map(band.map((b) => [b.time, b]))
  const slots = times.map((time): Slot => {
    const value = values.get(time)
    const expected = ranges.get(time)
    const outside = isOutside(value, expected)
    const red = outside && o.left !== undefined && time >= o.left
    return { time, x: x(time + step / 2), value, expected, y: value === undefined ? undefined : y(value), outside, red }
  })
  return { slots, ...lines(slots, step), ...area(slots, step, y), left: ground(slots, step, x), ticks, x, y, from, to }
}

/** Whether a value is outside of what was expected. */
export function isOutside(value: number | undefined, e: Expected | undefined): boolean {
  return value !== undefined && e !== undefined && (value > e.high || value < e.low)
}

const adjoin = (a: Slot | undefined, b: Slot | undefined, step: number) => !!a && !!b && b.time - a.time <= step * 1.5

// lines draws a piece from each value to the next, where there is no step between them without one.
function lines(slots: Slot[], step: number): Pick<BandLayout, 'usual' | 'outside' | 'lone'> {
  const seen = slots.filter((s) => s.y !== undefined)
  const out = { usual: '', outside: '', lone: [] as Slot[] }
  let pen: { which?: 'usual' | 'outside'; at?: Slot } = {}
  for (const [i, s] of seen.entries()) {
    const before = seen[i - 1]
    const joined = adjoin(before, s, step)
    if (before && joined) {
      const which = s.red || before.red ? 'outside' : 'usual'
      out[which] += (pen.which === which && pen.at === before ? '' : `M${spot(before)}`) + `L${spot(s)}`
      pen = { which, at: s }
    } else if (!adjoin(s, seen[i + 1], step)) out.lone.push(s)
  }
  return out
}

const spot = (s: Slot) => `${round(s.x)},${round(s.y ?? 0)}`
const round = (n: number) => Math.round(n * 10) / 10

// area draws the expected range and its median, a piece for each stretch without a gap.
function area(slots: Slot[], step: number, y: (v: number) => number): Pick<BandLayout, 'range' | 'median'> {
  const stretches: { x: number; e: Expected }[][] = []
  let before: Slot | undefined
  for (const s of slots) {
    if (!s.expected) continue
    if (!adjoin(before, s, step)) stretches.push([])
    stretches.at(-1)?.push({ x: s.x, e: s.expected })
    before = s
  }
  const path = (of: { x: number; e: Expected }[], v: (e: Expected) => number) => of.map((p) => `${round(p.x)},${round(y(v(p.e)))}`).join('L')
  return {
    range: stretches.map((s) => `M${path(s, (e) => e.high)}L${path(s.toReversed(), (e) => e.low)}Z`),
    median: stretches.map((s) => `M${path(s, (e) => e.median)}`).join(''),
  }
}

// ground is what is tinted: from where the values left the range to the last that is outside of it.
function ground(slots: Slot[], step: number, x: (t: number) => number): BandLayout['left'] {
  const first = slots.find((s) => s.red)
  const last = slots.findLast((s) => s.red)
  return first && last && { time: first.time, from: x(first.time), to: x(last.time + step) }
}

/** The slot that is nearest to an x, by its place in the list; -1 where there is none. */
export function nearest(slots: readonly Slot[], x: number): number {
  let best = -1
  for (const [i, s] of slots.entries()) if (best < 0 || Math.abs(s.x - x) < Math.abs((slots[best]?.x ?? 0) - x)) best = i
  return best
}
