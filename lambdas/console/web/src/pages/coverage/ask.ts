// What the page asks the API.
import { useEffect } from 'react'
import { api, told, type Schemas } from '../../api/client'
import { usePages, type Pages } from '../../api/pages'
import { useRead, type Reading } from '../../api/read'
import { iso, type Span } from '../../state/span'
import type { Coverage } from './logic'

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
  const n = all.data?.items.length ?? 0
  useEffect(() => {
    if (all.more && !all.bringing && all.state === 'ready' && n < mostInterfaces) all.more()
  }, [all.more, all.bringing, all.state, n]) // eslint-disable-line
  return all
}

export const useBindings = (q: { vni?: number; interface?: string }, when: boolean): Reading<Schemas['BindingList']> =>
  useRead(['coverage', 'bindings', q], (signal) => told(api.GET('/v1/coverage/bindings', { signal, params: { query: q } })), { when, patience: often })
