// The records that match, page by page. Nothing is counted here: that there are more is known, how many is the chart's.
import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api, told, type Problem } from '../../api/client'
import { joined } from '../../api/pages'
import { asProblem, useRead, type Reading } from '../../api/read'
import { keyOf, type Rec } from '../../records/RecordTable'
import { iso } from '../../state/span'
import { bodyOf, shownOf, type Asked } from './asked'

export interface Listed {
  items: readonly Rec[]
  complete: boolean
  why?: string
}

export interface Records extends Reading<Listed> {
  more?: () => void // undefined: that is all
  loadingMore: boolean
  moreProblem?: Problem
}

/** Reads the records in pages. What was read stays while more is. */
export function useRecords(a: Asked, size: number): Records {
  const q = useInfiniteQuery({
    queryKey: ['records', a.query, a.kinds, shownOf(a).from, shownOf(a).to, a.oldest, size],
    queryFn: ({ pageParam, signal }) =>
      told(api.POST('/v1/records/search', { body: { ...bodyOf(a), order: a.oldest ? 'oldest' : 'newest', limit: size, count: false, cursor: pageParam || undefined }, signal })),
    initialPageParam: '',
    getNextPageParam: (page) => page.next || undefined,
    retry: (failures, e) => failures < 1 && asProblem(e).passing,
    staleTime: Infinity, // an answer about a time that has passed; Refresh asks anew
    refetchInterval: (query) => (query.state.data === undefined && query.state.error && asProblem(query.state.error).passing ? 5_000 : false),
  })
  const pages = q.data?.pages
  const data = useMemo(() => pages && joined(pages), [pages])
  const failed = q.error ? asProblem(q.error) : undefined
  const inMore = failed !== undefined && q.isFetchNextPageError
  return {
    state: data ? 'ready' : failed ? 'failed' : 'loading',
    data, problem: failed, since: q.dataUpdatedAt, refreshing: q.isFetching && !q.isFetchingNextPage, again: () => void q.refetch(),
    more: q.hasNextPage ? () => void q.fetchNextPage() : undefined, loadingMore: q.isFetchingNextPage, moreProblem: inMore ? failed : undefined,
  }
}

/** How far back new records are looked for: the record of a conversation is written at its end, under the time of its beginning. */
const overlap = 10 * 60_000
const mostNew = 500

export interface Tail {
  items: readonly Rec[]
  more: boolean // so many came that not all of them are here
}

/** Reads what has come since the list was read, every few seconds. */
export function useTail(a: Asked, listed: readonly Rec[] | undefined): Reading<Tail> {
  const from = a.span.to - overlap
  return useRead(
    ['records-tail', a.query, a.kinds, a.span.to],
    async (signal) => {
      const body = { ...bodyOf(a), from: iso(from), to: iso(Date.now() + 60_000), order: 'newest' as const, limit: mostNew, count: false }
      const got = await told(api.POST('/v1/records/search', { body, signal }))
      const known = new Set((listed ?? []).slice(0, 5_000).map(keyOf))
      const items = got.items.filter((r) => !known.has(keyOf(r)))
      return { items, more: got.next !== undefined && items.length === got.items.length }
    },
    { when: a.live && listed !== undefined, every: 4_000 },
  )
}
