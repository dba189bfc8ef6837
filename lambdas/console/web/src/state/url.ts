// State of a view that others may be sent: it is in the URL's query, and what is the default is not.
import { useCallback, useMemo } from 'react'
import { useLocation, useRouter, useSearchParams } from 'wouter'
import { useSearch as ofBrowser } from 'wouter/use-browser-location'

export type Query = Readonly<Record<string, string | undefined>>

/** A change of the query, or what gives it for the query as it is by then. */
export type Change = Query | ((now: Query) => Query)

/**
 * Gives the query and what changes it: members that are undefined or empty go. `push` makes a step that Back undoes; else the place is only rewritten.
 * A change starts from the address, and not from the query that was drawn last: somebody else may have changed that since.
 */
export function useView(): [Query, (change: Change, how?: { push?: boolean }) => void] {
  const [params, setParams] = useSearchParams()
  const browser = useRouter().searchHook === ofBrowser // else a test's own address, of which only what was drawn is known
  const query = useMemo(() => Object.fromEntries(params), [params])
  const change = (next: Change, how: { push?: boolean } = {}) =>
    setParams(
      (drawn) => {
        const now = browser ? new URLSearchParams(location.search) : drawn
        return changed(now, typeof next === 'function' ? next(Object.fromEntries(now)) : next)
      },
      { replace: !how.push },
    )
  return [query, change]
}

/** Gives the parameters with the change made. */
export function changed(now: URLSearchParams, change: Query): URLSearchParams {
  const next = new URLSearchParams(now)
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined || value === '') next.delete(name)
    else next.set(name, value)
  }
  return next
}

/** What goes along from page to page within one visit: how times and colours are shown, where the link said so. */
const carried = ['zone', 'theme'] as const

/** Gives the link to a place, with what is carried along. The path may have a query of its own: that of a list one came from. */
export function useLink(): (path: string, query?: Query) => string {
  const [params] = useSearchParams()
  const along = carried.map((name) => params.get(name) ?? '').join('\n') // whatever else changes, links stay as they are
  return useCallback((path, query = {}) => {
    const values = along.split('\n')
    const [place = '', own] = path.split('?', 2)
    const next = new URLSearchParams(own)
    carried.forEach((name, i) => {
      const value = values[i]
      if (value) next.set(name, value)
      else next.delete(name)
    })
    const all = changed(next, query).toString()
    return all ? `${place}?${all}` : place
  }, [along])
}

/** Gives what leads to a place without loading the console anew. */
export function useGo(): (path: string, query?: Query) => void {
  const [, navigate] = useLocation()
  const link = useLink()
  return (path, query) => navigate(link(path, query))
}
