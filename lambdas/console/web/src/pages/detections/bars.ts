// How the page's span becomes bars, and what the API counted becomes what the histogram shows. Pure.
import type { Schemas } from '../../api/client'
import type { Band } from '../../api/names'
import type { Bar, Stretch } from '../../charts/histogram'
import { silences } from '../../charts/histogram'
import type { Series } from '../../charts/Histogram'
import type { Span } from '../../state/span'
import { bands, bandWord } from '../../ui/Band'

const minute = 60_000
const lengths = [1 / 60, 1 / 12, 1 / 4, 1 / 2, 1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080].map((m) => m * minute)

/** Bars at round times that hold a span. */
export interface Grid extends Stretch {
  step: number
  buckets: number
}

const wanted = 72 // bars, or fewer

/** Gives the bars of a span: of a length that a person counts in, at round times. */
export function gridOf(span: Stretch): Grid {
  const step = lengths.find((l) => (span.to - span.from) / l <= wanted) ?? Math.ceil((span.to - span.from) / wanted / minute) * minute
  const from = Math.floor(span.from / step) * step
  const to = Math.ceil(span.to / step) * step
  return { from, to, step, buckets: Math.round((to - from) / step) }
}

/** The series of the stack: low at the bottom, where most of it is. */
export const stack: readonly Band[] = [...bands].reverse()
export const series: readonly Series[] = stack.map((b) => ({ label: bandWord[b], className: `mw-histbar-${b}` }))

/** Gives the bars of an answer; bands that are not chosen count nothing. */
export function barsOf(buckets: readonly Schemas['Bucket'][], chosen: readonly Band[] | undefined): Bar[] {
  const has = (b: Band) => !chosen?.length || chosen.includes(b)
  return buckets.map((x) => ({ start: Date.parse(x.start), counts: stack.map((b) => (has(b) ? (x.bands?.[b] ?? 0) : 0)) }))
}

/** Gives how many there are of each band. */
export function countsOf(buckets: readonly Schemas['Bucket'][]): Record<Band, number> {
  const of = (b: Band) => buckets.reduce((n, x) => n + (x.bands?.[b] ?? 0), 0)
  return { critical: of('critical'), high: of('high'), medium: of('medium'), low: of('low') }
}

export interface Silence {
  gaps: Stretch[] // no record at all was made
  oldest?: number // where it lies within the span, or after it: of what was before nothing is known
}

/**
 * Gives where the feed was silent: bars without any record. The bar that `now` is in is not over, and records of what goes on are yet to
 * come: it is never called silent. Before the oldest record that is kept nothing is known.
 */
export function silenceOf(buckets: readonly Schemas['Bucket'][], grid: Grid, span: Span, now: number, oldest: number | undefined): Silence {
  const known = oldest === undefined ? span.from : Math.min(span.to, Math.max(span.from, Math.floor(oldest / grid.step) * grid.step))
  const over = Math.min(span.to, Math.floor(now / grid.step) * grid.step - grid.step)
  const bars = buckets.map((x) => ({ start: Date.parse(x.start), counts: [x.count] })).filter((b) => b.start >= known && b.start + grid.step <= over)
  return {
    gaps: silences({ from: known, to: span.to }, grid.step, bars),
    oldest: oldest !== undefined && oldest - grid.step > span.from ? oldest : undefined,
  }
}

/** Gives what is left of the gaps where nothing was detected either: what was detected was seen, by a log of AWS's perhaps. */
export function unseen(gaps: readonly Stretch[], step: number, buckets: readonly Schemas['Bucket'][]): Stretch[] {
  const quiet = buckets.map((b) => ({ start: Date.parse(b.start), counts: [b.count] }))
  return gaps.flatMap((g) =>
    silences(
      g,
      step,
      quiet.filter((b) => b.start < g.to && b.start + step > g.from),
    ),
  )
}
