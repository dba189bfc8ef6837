// What the list of detections shows: all of it is in the URL, so that a link shows the same, and Back leads back.
import { useCallback, useMemo, useRef } from 'react'
import type { Schemas } from '../../api/client'
import type { DetectionFilter } from '../../api/names'
import type { Stretch } from '../../charts/histogram'
import { normalised } from '../../detections/filter'
import { filterQuery, queryFilter } from '../../detections/query'
import { iso, lengthOf, type Span } from '../../state/span'
import { useView, type Query } from '../../state/url'

export type Sort = Schemas['Sort']
export type GroupBy = Schemas['GroupBy']

/** The orders that are offered, the first where nothing is said, with their names in the URL. */
export const sorts: readonly { id: Sort; name: string; text: string }[] = [
  { id: '-score', name: 'risk', text: 'Highest risk first' },
  { id: '-start', name: 'newest', text: 'Newest first' },
  { id: '-update', name: 'active', text: 'Last active first' },
  { id: 'start', name: 'oldest', text: 'Oldest first' },
]

/** What detections can be grouped by. */
export const groupings: readonly { id: GroupBy; text: string; one: string }[] = [
  { id: 'type', text: 'Type', one: 'type' },
  { id: 'offender', text: 'Offender', one: 'offender' },
  { id: 'victim', text: 'Victim', one: 'victim' },
  { id: 'technique', text: 'Technique', one: 'technique' },
  { id: 'vpc', text: 'VPC', one: 'VPC' },
]

export interface Place {
  filter: DetectionFilter // without the time
  brush?: Stretch // the stretch selected in the histogram
  sort: Sort
  group?: GroupBy
  open?: string // the group that is open
  table: boolean // else cards
  page: number // from 1
  after?: string // the cursor that leads to the page
  saved?: string // the saved view that it began with
  last?: string // of a change: the time up to now that a saved view brings along. What is looked at is the page's span
}

const usual = '1d' // where the URL has no time

/** The time up to now that a query looks at; undefined: from one moment to another. */
export function lastOf(q: Query): string | undefined {
  if (Date.parse(q.from ?? '') < Date.parse(q.to ?? '')) return undefined
  return lengthOf(q.last) ? q.last : usual
}

/** Reads the place off a query. */
export function placeOf(q: Query): Place {
  const [from, to] = [Date.parse(q.sel_from ?? ''), Date.parse(q.sel_to ?? '')]
  const page = Number(q.page)
  return {
    filter: queryFilter(q),
    brush: from < to ? { from, to } : undefined,
    sort: (sorts.find((s) => s.name === q.sort) ?? sorts[0])?.id ?? '-score',
    group: groupings.find((g) => g.id === q.group)?.id,
    open: q.open,
    table: q.view === 'table',
    page: q.after && Number.isInteger(page) && page > 1 ? page : 1,
    after: q.after,
    saved: q.saved,
  }
}

/** Gives the parameters of a change. What is another list begins at its first page. */
export function placeQuery(p: Partial<Place>): Query {
  const out: Record<string, string | undefined> = {}
  if ('filter' in p && p.filter) Object.assign(out, filterQuery(p.filter))
  if ('brush' in p) Object.assign(out, { sel_from: p.brush && iso(p.brush.from), sel_to: p.brush && iso(p.brush.to) })
  if (p.sort) out.sort = p.sort === '-score' ? undefined : sorts.find((s) => s.id === p.sort)?.name
  if ('group' in p) Object.assign(out, { group: p.group, open: undefined })
  if ('saved' in p) out.saved = p.saved
  if ('open' in p) out.open = p.open
  if (p.table !== undefined) out.view = p.table ? 'table' : undefined
  if (p.last) Object.assign(out, { last: p.last === usual ? undefined : p.last, from: undefined, to: undefined })
  if (['filter', 'brush', 'sort', 'group'].some((k) => k in p)) Object.assign(out, { page: undefined, after: undefined })
  if ('page' in p) Object.assign(out, { page: p.page === 1 ? undefined : String(p.page), after: p.page === 1 ? undefined : p.after })
  return out
}

/** A change of the place, or what gives it for the place as it is by then: what somebody acts on may have been drawn before the last change. */
export type Step = Partial<Place> | ((now: Place) => Partial<Place>)

/** Gives the place of the page's URL and what changes it: each change is a step that Back undoes. */
export function usePlace(): [Place, (change: Step) => void] {
  const [query, change] = useView()
  const last = useRef<Place>(undefined)
  const place = useMemo(() => steady(placeOf(query), last.current), [query])
  last.current = place
  const latest = useRef(change)
  latest.current = change
  const set = useCallback((s: Step) => latest.current((now) => placeQuery(typeof s === 'function' ? s(placeOf(now)) : s), { push: true }), [])
  return [place, set]
}

// steady keeps the filter of before while it says the same: what shows it, and is large, stays as it is.
const steady = (p: Place, before: Place | undefined): Place => (before && JSON.stringify(p.filter) === JSON.stringify(before.filter) ? { ...p, filter: before.filter } : p)

/** Gives the filter of what is listed: that of the place, within the time. */
export function within(p: Pick<Place, 'filter' | 'brush'>, span: Span): DetectionFilter {
  const { from, to } = p.brush ?? span
  return normalised({ ...p.filter, from: iso(from), to: iso(to) })
}
