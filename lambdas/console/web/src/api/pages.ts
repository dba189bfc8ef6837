// Lists that come page by page: one Reading of all that came so far, and what brings more.
import { useInfiniteQuery } from '@tanstack/react-query'
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
}

/** Reads a list from its first page on. The key names the question without its cursor. */
export function usePages<T>(key: readonly unknown[], ask: (cursor: string | undefined, signal: AbortSignal) => Promise<PageOf<T>>, when = true): Pages<T> {
  const q = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => ask(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next || undefined,
    enabled: when,
    refetchInterval: (query) => nextTry(query.state),
  })
  const data = q.data && joined(q.data.pages)
  return {
    ...useCondition(q), data, since: q.dataUpdatedAt, refreshing: q.isFetching && !q.isFetchingNextPage, again: () => void q.refetch(),
    more: q.hasNextPage ? () => void q.fetchNextPage() : undefined, bringing: q.isFetchingNextPage,
  }
}

/** Puts pages together. Where one of them lacks something, the whole does. */
export function joined<T>(pages: PageOf<T>[]): PageOf<T> {
  const lacking = pages.find((p) => !p.complete)
  return { items: pages.flatMap((p) => p.items), complete: !lacking, why: lacking?.why, next: pages.at(-1)?.next }
}
