// The geometry of a metric in little. Numbers in, paths out.
import type { Schemas } from '../../api/client'
import type { Span } from '../../state/span'

interface Size {
  width: number
  height: number
}

interface Spark {
  line: string
  dots: { x: number; y: number }[] // values with nothing beside them, which no line shows
  band: string
}

/** Lays out what was seen, and the range that was expected, from 0 to the highest of both. Where nothing was observed the line has a gap. */
export function sparkOf(s: Pick<Schemas['MetricComparison'], 'points' | 'step_seconds'>, band: readonly Schemas['BandPoint'][], span: Span, { width, height }: Size): Spark {
  const top = Math.max(...s.points.map((p) => p.value), ...band.map((b) => b.high), 0) || 1
  const step = s.step_seconds * 1000
  const x = (time: string) => round(((Date.parse(time) - span.from) / Math.max(1, span.to - span.from)) * width)
  const y = (v: number) => round(height - 2 - (Math.max(0, v) / top) * (height - 4))
  const runs = pieces(s.points, step)
  const line = runs.filter((r) => r.length > 1).map((r) => r.map((p, i) => `${i === 0 ? 'M' : 'L'}${x(p.time)} ${y(p.value)}`).join('')).join('')
  const dots = runs.flatMap((r) => (r.length === 1 && r[0] ? [{ x: x(r[0].time), y: y(r[0].value) }] : []))
  const bands = pieces(band, step).filter((r) => r.length > 1)
  const upper = (r: readonly Schemas['BandPoint'][]) => r.map((b, i) => `${i === 0 ? 'M' : 'L'}${x(b.time)} ${y(b.high)}`).join('')
  const lower = (r: readonly Schemas['BandPoint'][]) => [...r].reverse().map((b) => `L${x(b.time)} ${y(b.low)}`).join('')
  return { line, dots, band: bands.map((r) => `${upper(r)}${lower(r)}Z`).join('') }
}

// pieces parts what follows one another without a gap.
function pieces<T extends { time: string }>(all: readonly T[], step: number): T[][] {
  const out: T[][] = []
  for (const p of all) {
    const last = out.at(-1)
    const before = last?.at(-1)
    if (last && before && Date.parse(p.time) - Date.parse(before.time) <= step * 1.5) last.push(p)
    else out.push([p])
  }
  return out
}

const round = (n: number) => Math.round(n * 10) / 10
