// Lists that come page by page: one Reading of all that came so far, and what brings more.
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { nextTry, useCondition, type Reading } from './read'

/** A page as the API gives it. */
export interface PageOf<T> {
  items: T[]
  complete: boolean
  why?: string
  next?: string
}

export interface Pages<T> extends Reading<PageOf<T>> {
  more?: () => void // undefined: everything is there
  bringing: boolean // more is on its way
  pages: number // that came
}

export interface PagesOptions<T> {
  when?: boolean // false: do not ask yet
  keep?: boolean // show what the question before was answered while this one is open
  id?: (item: T) => string // what has moved from one page to the next between two readings is then there once
}

/** Reads a list from its first page on. The key names the question without its cursor. */
export function usePages<T>(key: readonly unknown[], ask: (cursor: string | undefined, signal: AbortSignal) => Promise<PageOf<T>>, o: PagesOptions<T> = {}): Pages<T> {
  const q = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => ask(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next || undefined,
    enabled: o.when !== false,
    placeholderData: o.keep ? keepPreviousData : undefined,
    refetchInterval: (query) => nextTry(query.state),
  })
  const data = q.data && joined(q.data.pages, o.id)
  return {
    ...useCondition(q), data, since: q.dataUpdatedAt, refreshing: q.isFetching && !q.isFetchingNextPage, again: () => void q.refetch(),
    more: q.hasNextPage ? () => void q.fetchNextPage() : undefined, bringing: q.isFetchingNextPage, pages: q.data?.pages.length ?? 0,
  }
}

/** Puts pages together. Where one of them lacks something, the whole does. */
export function joined<T>(pages: PageOf<T>[], id?: (item: T) => string): PageOf<T> {
  const lacking = pages.find((p) => !p.complete)
  const all = pages.flatMap((p) => p.items)
  const seen = new Set<string>()
  const items = id ? all.filter((i) => !seen.has(id(i)) && seen.add(id(i))) : all
  return { items, complete: !lacking, why: lacking?.why, next: pages.at(-1)?.next }
}
