// How pages read: every panel has one Reading, whose state says what to show. What fails is tried again by itself.
import { keepPreviousData, QueryClient, useQuery } from '@tanstack/react-query'
import { useCallback, useMemo, useRef } from 'react'
import { isAway } from '../state/idle'
import { Problem } from './client'

/** What a panel knows of what it shows. `stale`: what is shown was right at `since`, and asking anew has failed. */
export interface Reading<T> {
  state: 'loading' | 'ready' | 'stale' | 'failed'
  data?: T
  problem?: Problem
  since: number // ms of the Unix epoch when `data` came; 0 where there is none
  refreshing: boolean
  again: () => void
}

export interface ReadOptions {
  every?: number // ms between refreshes; none where absent
  when?: boolean // false: do not ask yet
  keep?: boolean // show what the question before was answered while this one is open
  patience?: number // ms for which an answer is taken for fresh; 10 s where absent
}

/** The client that remembers answers. Nothing is asked again merely because a window is looked at. */
export function newQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: { queries: { retry: again, retryDelay: 500, refetchOnWindowFocus: false, networkMode: 'always', staleTime: 10_000, gcTime: 5 * 60_000 } },
  })
}

// again tries once more at once where that may help. What the API refuses, it refuses twice.
const again = (failures: number, e: Error): boolean => failures < 1 && asProblem(e).passing

/** Milliseconds until a failed question is asked again: 3 s at first, then longer, 30 s at most. */
export function waitAfter(failures: number): number {
  return Math.min(30_000, 3_000 * 2 ** Math.min(failures, 4))
}

/** Asks for something and keeps asking while that may help. The key names the question: whatever it depends on is in it. */
export function useRead<T>(key: readonly unknown[], ask: (signal: AbortSignal) => Promise<T>, o: ReadOptions = {}): Reading<T> {
  const q = useQuery<T, Error, T>({
    queryKey: key,
    queryFn: ({ signal }) => ask(signal),
    enabled: o.when !== false,
    staleTime: o.patience ?? 10_000,
    placeholderData: o.keep ? keepPreviousData : undefined,
    refetchInterval: (query) => nextTry(query.state, o.every),
    refetchIntervalInBackground: false,
  })
  const { state, problem: failed } = useCondition(q)
  const data: T | undefined = q.data
  const { refetch, dataUpdatedAt: since, isFetching: refreshing } = q
  const anew = useCallback(() => void refetch(), [refetch])
  // The same Reading while it says the same: whatever shows it is not drawn again for nothing.
  return useMemo(() => ({ state, data, problem: failed, since, refreshing, again: anew }), [state, data, failed, since, refreshing, anew])
}

/** Milliseconds until a question is asked again by itself, after `every` or after it has failed; false: not at all. Nobody's screen asks for nothing. */
export function nextTry(of: { error: Error | null; errorUpdateCount: number }, every?: number): number | false {
  if (isAway()) return false // shell/Banner has all asked anew when somebody is back
  if (!of.error) return every ?? false
  return of.error instanceof Problem && !of.error.passing ? false : waitAfter(of.errorUpdateCount - 1)
}

/** Says how a question stands. While one that failed is open again, what went wrong stays on the page: it would flicker otherwise. */
export function useCondition(q: { data: unknown; error: Error | null; errorUpdateCount: number }): Pick<Reading<unknown>, 'state' | 'problem'> {
  const last = useRef<Problem>(undefined)
  if (q.error) last.current = asProblem(q.error)
  else if (q.data !== undefined || q.errorUpdateCount === 0) last.current = undefined
  const problem = last.current
  return { problem, state: q.data !== undefined ? (problem ? 'stale' : 'ready') : problem ? 'failed' : 'loading' }
}

/** Whatever was thrown, as a Problem. */
export function asProblem(e: unknown): Problem {
  return e instanceof Problem ? e : new Problem(0, 'The console failed', e instanceof Error ? e.message : String(e))
}
