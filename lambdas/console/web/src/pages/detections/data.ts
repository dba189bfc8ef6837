// What the page asks the API for. The time is held still at the moment of the last refresh: what one reads does not move by itself.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef } from 'react'
import { api, told, type Schemas } from '../../api/client'
import { useRead, type Reading } from '../../api/read'
import type { Detection, DetectionFilter } from '../../api/names'
import { normalised } from '../../detections/filter'
import { useNow } from '../../state/now'
import { iso, spanOf, type Span } from '../../state/span'
import { useView } from '../../state/url'
import { gridOf, silenceOf, type Grid, type Silence } from './bars'
import { placeOf, placeQuery, usePlace, within, type Place, type Step } from './place'

const held = ['as-of', 'detections'] as const

/** Gives the span of the page as of the last refresh, when that was, and what refreshes. A while after the page was left, it is anew. */
export function useStill(): { span: Span; asOf: number; refresh: () => void } {
  const [query] = useView()
  const client = useQueryClient()
  const { data: asOf } = useQuery({ queryKey: held, queryFn: () => Date.now(), initialData: () => Date.now(), staleTime: Infinity })
  const refresh = useCallback(() => void client.setQueryData(held, Date.now()), [client])
  const span = useMemo(() => spanOf(query, asOf), [query.from, query.to, query.last, asOf]) // eslint-disable-line
  const asked = `${query.from}|${query.to}|${query.last}`
  const before = useRef(asked)
  useEffect(() => {
    if (before.current !== asked) refresh()
    before.current = asked
  }, [asked, refresh])
  return { span, asOf, refresh }
}

const still = { keep: true, patience: Infinity } as const
const search = (body: Schemas['DetectionSearch'], signal?: AbortSignal) => told(api.POST('/v1/detections/search', { body, signal }))

const listed = (p: Place, span: Span, limit: number) => ({ filter: within(p, span), sort: p.sort, limit, cursor: p.after, count: true })

/** A page of the list. */
export function useList(p: Place, span: Span, limit: number, when = true): Reading<Schemas['DetectionList']> {
  const body = listed(p, span, limit)
  return useRead(['detections', 'list', body], (signal) => search(body, signal), { ...still, when })
}

/** Gives what asks for the list of a place before it is looked at. */
export function useAsk(span: Span, limit: number): (p: Place) => void {
  const client = useQueryClient()
  return useCallback(
    (p) => {
      const body = listed(p, span, limit)
      if (!p.group) void client.prefetchQuery({ queryKey: ['detections', 'list', body], queryFn: ({ signal }) => search(body, signal), staleTime: Infinity })
    },
    [client, span, limit],
  )
}

/** Gives a place whose changes ask for their list first: the server is at work while the page is drawn. */
export function useAhead(...[place, change, span, limit]: [...ReturnType<typeof usePlace>, span: Span, limit: number]): ReturnType<typeof usePlace> {
  const ask = useAsk(span, limit)
  const latest = useRef(ask)
  latest.current = ask
  const ahead = useCallback(
    (s: Step) =>
      change((now) => {
        const step = typeof s === 'function' ? s(now) : s
        latest.current(placeOf({ ...placeQuery(now), ...placeQuery(step) }))
        return step
      }),
    [change],
  )
  return [place, ahead]
}

/** The bars of the histogram: of all bands, whatever the brush. `when`: the list is there. */
export function useBars(p: Place, span: Span, when: boolean): Reading<Schemas['Histogram'] & { grid: Grid }> {
  const grid = useMemo(() => gridOf(span), [span])
  const filter = within({ filter: { ...p.filter, bands: undefined } }, span)
  const body = { filter, from: iso(grid.from), to: iso(grid.to), buckets: grid.buckets }
  return useRead(
    ['detections', 'histogram', body],
    async (signal) => ({ ...(await told(api.POST('/v1/detections/histogram', { body, signal }))), grid }),
    { ...still, when },
  )
}

/** Where the feed was silent: bars in which not a single record was made. */
export function useSilence(span: Span, asOf: number): Reading<Silence> {
  const grid = useMemo(() => gridOf(span), [span])
  const body = { from: iso(grid.from), to: iso(grid.to), buckets: grid.buckets }
  return useRead(
    ['records', 'silence', body, asOf],
    async (signal) => {
      const [bars, status] = await Promise.all([told(api.POST('/v1/records/histogram', { body, signal })), told(api.GET('/v1/status', { signal }))])
      const oldest = Date.parse(status.records?.oldest ?? '')
      return silenceOf(bars.buckets, grid, span, asOf, Number.isFinite(oldest) ? oldest : undefined)
    },
    still,
  )
}

/** How many tuning rules hide. */
export function useHiddenCount(p: Place, span: Span, when: boolean): Reading<Schemas['DetectionList']> {
  const body = { filter: { ...within(p, span), hidden: 'only' as const }, limit: 1, count: true }
  return useRead(['detections', 'hidden', body], (signal) => search(body, signal), { ...still, when })
}

/** The groups, with a small histogram of each. */
export function useGroups(p: Place, span: Span): Reading<Schemas['GroupList']> {
  const body = { by: p.group ?? 'type', filter: within(p, span), limit: 200, buckets: 24 }
  return useRead(['detections', 'groups', body], (signal) => told(api.POST('/v1/detections/groups', { body, signal })), {
    ...still,
    when: p.group !== undefined,
  })
}

/** The detection that was last, and whether the filter means it; where it means none, that of all. */
export interface Last {
  d?: Detection
  meant: boolean
}

/** Finds the last detection, for whoever finds nothing. */
export function useLast(filter: DetectionFilter): Reading<Last> {
  return useRead(['detections', 'last', filter], async (signal) => {
    const of = async (f: DetectionFilter): Promise<Detection | undefined> => (await search({ filter: f, sort: '-start', limit: 1 }, signal)).items[0]
    const d = await of(filter)
    return d ? { d, meant: true } : { d: await of({}), meant: false }
  })
}

/** What has happened since the page was refreshed. */
export interface Live {
  fresh: number // new ones that the list does not show yet
  more: boolean // or still more
}

const most = 200

/** Asks every 15 s what is new, unless the list itself is asked for. What is listed and has changed is changed in its place; what is new waits until it is asked for. */
export function useLive(p: Place, span: Span, asOf: number, shown: readonly Detection[], when: boolean): Live {
  const patch = usePatch()
  const now = useNow(15_000)
  const ids = shown.map((d) => d.id)
  const { to, ...rest } = within(p, span)
  const filter = normalised({ ...rest, ...(span.last && !p.brush ? {} : { to }), modified_from: iso(asOf) })
  const live = useRead(
    ['detections', 'live', filter, ids],
    async (signal) => {
      const [fresh, now] = await Promise.all([
        search({ filter, sort: '-update', limit: most }, signal),
        ids.length > 0 ? search({ filter: { ids, hidden: 'include', modified_from: iso(asOf - 60_000) }, limit: ids.length }, signal) : undefined,
      ])
      return {
        fresh: fresh.items.filter((d) => !ids.includes(d.id) && Date.parse(d.created ?? '') >= asOf).length,
        more: fresh.next !== undefined,
        changed: now?.items ?? [],
      }
    },
    { every: 15_000, patience: 15_000, when: when && now - asOf > 15_000 },
  )
  const changed = live.data?.changed
  useEffect(() => {
    if (changed && changed.length > 0) patch(changed)
  }, [changed, patch])
  return { fresh: live.data?.fresh ?? 0, more: live.data?.more ?? false }
}

/** Gives what finds a detection in what lists show. */
export function useFound(): (id: string) => Detection | undefined {
  const client = useQueryClient()
  return useCallback(
    (id) => {
      const lists = client.getQueriesData<Schemas['DetectionList']>({ queryKey: ['detections', 'list'], type: 'active' })
      return lists.flatMap(([, l]) => l?.items ?? []).find((d) => d.id === id)
    },
    [client],
  )
}

/** Gives what puts detections in the place of what lists show of them; nothing moves. */
export function usePatch(): (changed: readonly Detection[]) => void {
  const client = useQueryClient()
  return useCallback(
    (changed) => {
      const byID = new Map(changed.map((d) => [d.id, d]))
      client.setQueriesData<Schemas['DetectionList']>({ queryKey: ['detections', 'list'] }, (old) => {
        if (!old?.items.some((d) => isNewer(byID.get(d.id), d))) return old
        return { ...old, items: old.items.map((d) => (isNewer(byID.get(d.id), d) ? (byID.get(d.id) ?? d) : d)) }
      })
    },
    [client],
  )
}

const isNewer = (now: Detection | undefined, then: Detection) => now !== undefined && (now.revision ?? 0) > (then.revision ?? 0)

/** Gives a reading that keeps the last good answer to the same question where asking anew, as of a later moment, has failed. */
export function useKept<T>(of: Reading<T>, question: string): Reading<T> {
  const last = useRef<{ question: string; data: T; since: number }>(undefined)
  if (of.state === 'ready' && !of.refreshing && of.data !== undefined) last.current = { question, data: of.data, since: of.since }
  const kept = last.current
  return of.state === 'failed' && kept?.question === question ? { ...of, state: 'stale', data: kept.data, since: kept.since } : of
}

/** Names what is asked, whatever the moment: two refreshes of the same list ask the same. */
export const questionOf = (p: Place, span: Span): string =>
  JSON.stringify([p.filter, p.brush, p.sort, p.group, p.page, span.last ?? [span.from, span.to]])
