// What the page of records is asked, as its URL says it.
import { useMemo, useState } from 'react'
import { iso, useSpan, type Span } from '../../state/span'
import { useView, type Query } from '../../state/url'

export interface Stretch {
  from: number // ms of the Unix epoch
  to: number
}

export interface Asked {
  query: string
  kinds: readonly string[] // none: all
  span: Span // as it was when it was asked: it does not move under whoever reads
  pick?: Stretch // the part of it that was selected on the chart
  oldest: boolean
  live: boolean
  chart: boolean
  top?: string // the field whose values are counted
  noTop: boolean // their panel was closed
  columns?: readonly string[] // where the URL names them
}

/** The field whose values are counted where none was chosen, and there is room beside the list. */
export const topByDefault = 'id.orig_h'

/** Reads what is asked off the URL's query. */
export function askedOf(q: Query, span: Span): Asked {
  return {
    query: q.q ?? q.query ?? '', // links of other pages may say it in full
    kinds: listOf(q.kind).filter((k) => /^[a-z0-9_]{1,32}$/.test(k)).slice(0, 64),
    span,
    pick: pickOf(q.pick, span),
    oldest: q.order === 'oldest',
    live: q.live === '1' && span.last !== undefined && q.order !== 'oldest',
    chart: q.chart !== 'off',
    top: q.top === 'off' ? undefined : q.top || undefined,
    noTop: q.top === 'off',
    columns: q.columns ? listOf(q.columns).slice(0, 40) : undefined,
  }
}

const listOf = (text: string | undefined): string[] => [...new Set((text ?? '').split(',').filter(Boolean))]

function pickOf(text: string | undefined, span: Span): Stretch | undefined {
  const [from, to] = (text ?? '').split('~').map((t) => Date.parse(t))
  if (from === undefined || to === undefined || !(from < to) || to <= span.from || from >= span.to) return undefined
  return { from: Math.max(from, span.from), to: Math.min(to, span.to) }
}

/** A change of what is asked, as the URL has it. */
export function changeOf(c: Partial<Asked>): Query {
  const out: Record<string, string | undefined> = {}
  if ('query' in c) Object.assign(out, { q: c.query, query: undefined })
  if ('kinds' in c) out.kind = c.kinds?.join(',')
  if ('pick' in c) out.pick = c.pick && `${iso(c.pick.from)}~${iso(c.pick.to)}`
  if ('oldest' in c) out.order = c.oldest ? 'oldest' : undefined
  if ('live' in c) out.live = c.live ? '1' : undefined
  if ('chart' in c) out.chart = c.chart ? undefined : 'off'
  if ('top' in c) out.top = c.top ?? 'off'
  if ('columns' in c) out.columns = c.columns?.join(',')
  return out
}

/** The part of the time that the list shows. */
export const shownOf = (a: Asked): Stretch => a.pick ?? a.span

/** What the API wants of every question about these records. */
export function bodyOf(a: Asked, part: Stretch = shownOf(a)): { query?: string; from: string; to: string; kinds?: string[] } {
  return { query: a.query || undefined, from: iso(part.from), to: iso(part.to), kinds: a.kinds.length > 0 ? [...a.kinds] : undefined }
}

/** Gives what is asked, what changes it, and what asks anew. The time of `last` stands still until then: the records would slip away below otherwise. */
export function useAsked(): [Asked, (c: Partial<Asked>, how?: { push?: boolean }) => void, () => void] {
  const [query, change] = useView()
  const [now] = useSpan()
  const [round, again] = useState(0)
  const name = now.last ?? `${now.from}-${now.to}`
  const frozen = useMemo(() => now, [name, query.q, query.query, query.kind, query.live, round]) // eslint-disable-line
  const span = now.last ? frozen : now
  const asked = useMemo(() => askedOf(query, span), [query, span])
  const set = (c: Partial<Asked>, how: { push?: boolean } = { push: true }) => change(changeOf(c), how)
  return [asked, set, () => again((n) => n + 1)]
}
