// What the page asks the API.
import { useEffect } from 'react'
import { api, told, type Schemas } from '../../api/client'
import { usePages, type Pages } from '../../api/pages'
import { useRead, type Reading } from '../../api/read'
import { iso, type Span } from '../../state/span'
import type { Coverage } from './logic'
import type { Heard } from './points'

const often = 60_000

export const useSummary = (): Reading<Schemas['CoverageSummary']> =>
  useRead(['coverage', 'summary'], (signal) => told(api.GET('/v1/coverage/summary', { signal })), { every: often })

export const useStatus = (): Reading<Schemas['Status']> => useRead(['status'], (signal) => told(api.GET('/v1/status', { signal })), { every: often })

/** What the trend is of: everything, or one share. */
export interface Of {
  vpc?: string
  account?: string
  tag?: string
}

export const useTrend = (span: Span, of: Of): Reading<Schemas['CoverageHistory']> =>
  useRead(['coverage', 'trend', span.from, span.to, of], (signal) => told(api.GET('/v1/coverage/trend', { signal, params: { query: { from: iso(span.from), to: iso(span.to), ...of } } })), { keep: true, patience: often })

/** The most interfaces that are read into one page of the console. */
export const mostInterfaces = 10_000

/** Every interface, a thousand at a time, up to the most that a browser should hold: they are filtered and sorted here. */
export function useInterfaces(): Pages<Coverage> {
  const all = usePages<Coverage>(['coverage', 'interfaces'], (cursor, signal) => told(api.GET('/v1/coverage', { signal, params: { query: { limit: 1000, cursor } } })))
  useEvery(all)
  return all
}

/** What sensors heard of each observation point, asked for only where it is shown: there may be as many rows as interfaces, for each sensor. */
export function useHeard(when: boolean): Pages<Heard> {
  const all = usePages<Heard>(['coverage', 'points'], (cursor, signal) => told(api.GET('/v1/coverage/points', { signal, params: { query: { limit: 1000, cursor } } })), { when })
  useEvery(all, when)
  return all
}

// Brings page after page, up to the most that a browser should hold.
function useEvery<T>(all: Pages<T>, when = true): void {
  const n = all.data?.items.length ?? 0
  useEffect(() => {
    if (when && all.more && !all.bringing && all.state === 'ready' && n < mostInterfaces) all.more()
  }, [when, all.more, all.bringing, all.state, n]) // eslint-disable-line
}

export const useBindings = (q: { vni?: number; interface?: string }, when: boolean): Reading<Schemas['BindingList']> =>
  useRead(['coverage', 'bindings', q], (signal) => told(api.GET('/v1/coverage/bindings', { signal, params: { query: q } })), { when, patience: often })
