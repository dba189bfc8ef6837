// The time that a page looks at: `last` (1h, 1d, 7d, ...) that moves along, or `from` and `to` that stay.
import { useEffect, useMemo, useRef } from 'react'
import { looking } from './share'
import { useView, type Query } from './url'
import { useNow } from './now'

/** From `from` on and before `to`, in ms of the Unix epoch. */
export interface Span {
  from: number
  to: number
  last?: string // where it moves along with the clock
}

const units: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Reads "90m", "1h", "7d" into milliseconds; undefined where it is none. */
export function lengthOf(last: string | undefined): number | undefined {
  const m = /^(\d{1,4})([mhd])$/.exec(last ?? '')
  const unit = units[m?.[2] ?? '']
  const n = Number(m?.[1])
  return unit && n > 0 ? n * unit : undefined
}

/** Reads the span off a query. What makes no sense is taken for the default. */
export function spanOf(query: Query, now: number, byDefault = '1d'): Span {
  const from = Date.parse(query.from ?? '')
  const to = Date.parse(query.to ?? '')
  if (from < to) return { from, to }
  const last = lengthOf(query.last) ? query.last : byDefault
  return { from: now - (lengthOf(last) ?? units.d ?? 0), to: now, last }
}

/** Gives the span of the page's URL, which ends now where it moves along: to the half minute, so that answers can be remembered. */
export function useSpan(byDefault = '1d'): [Span, (s: Span) => void] {
  const [query, change] = useView()
  const now = useNow(30_000)
  const span = useMemo(() => spanOf(query, now, byDefault), [query.from, query.to, query.last, now, byDefault]) // eslint-disable-line
  const shown = useRef(span)
  shown.current = span
  useEffect(() => looking(shown), [])
  const set = (s: Span) =>
    s.last
      ? change({ last: s.last === byDefault ? undefined : s.last, from: undefined, to: undefined }, { push: true })
      : change({ last: undefined, from: new Date(s.from).toISOString(), to: new Date(s.to).toISOString() }, { push: true })
  return [span, set]
}

/** RFC 3339, as the API wants it. */
export const iso = (ms: number): string => new Date(ms).toISOString()
