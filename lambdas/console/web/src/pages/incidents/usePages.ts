import { useInfiniteQuery } from '@tanstack/react-query'
import { api, told, type Schemas } from '../../api/client'
import { nextTry, useCondition, type Reading } from '../../api/read'
import type { Span } from '../../state/span'
import { asked, type Filter } from './filter'

export interface Listed {
  items: Schemas['IncidentSummary'][]
  complete: boolean
  why?: string
}

export interface Pages extends Reading<Listed> {
  pages: number // that were read
  more: boolean
  loadingMore: boolean
  next: () => void
}

/** The incidents of a span, page after page, each read when it is asked for. */
export function usePages(f: Filter, span: Span): Pages {
  const q = useInfiniteQuery({
    queryKey: ['incidents', f, span.from, span.to],
    initialPageParam: '',
    queryFn: ({ signal, pageParam }) => told(api.GET('/v1/incidents', { signal, params: { query: asked(f, span, pageParam || undefined) } })),
    getNextPageParam: (page) => page.next || undefined,
    placeholderData: (before) => before,
    refetchInterval: (query) => nextTry(query.state),
  })
  const data = q.data && listed(q.data.pages)
  return {
    ...useCondition(q), data, since: q.dataUpdatedAt, refreshing: q.isFetching, again: () => void q.refetch(),
    pages: q.data?.pages.length ?? 0, more: q.hasNextPage, loadingMore: q.isFetchingNextPage, next: () => void q.fetchNextPage(),
  }
}

/** Puts pages together: an incident that moved from one page to the next between two readings is there once. */
export function listed(pages: readonly Schemas['IncidentList'][]): Listed {
  const seen = new Set<string>()
  const items = pages.flatMap((p) => p.items).filter((i) => !seen.has(i.id) && seen.add(i.id))
  const partial = pages.find((p) => !p.complete)
  return { items, complete: partial === undefined, why: partial?.why }
}
