// From one page of the list to the next. Pages are reached by cursors, one after the other.
import { useQueryClient } from '@tanstack/react-query'
import Button from '@cloudscape-design/components/button'
import { useCallback, useEffect, useRef, type ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import { digits } from '../../ui/number'
import type { Place } from './place'

interface Props {
  list: Schemas['DetectionList']
  place: Place
  limit: number
  of: string // the question, so that a cursor never leads into another's list
  change: (p: Partial<Place>) => void
  ask: (p: Place) => void // for a page that is likely to be next
  ready: boolean // the list answers the question: its cursor leads on
}

type Cursors = Readonly<Record<number, string | undefined>>

export function Pager({ list, place, limit, of, change, ask, ready }: Props): ReactNode {
  const cursors = useCursors(of, place)
  const next = { page: place.page + 1, after: list.next }
  const near = () => ready && list.next && ask({ ...place, ...next }) // whoever has read this far, or points at it, will want it
  const seen = useSeen(near)
  if (place.page === 1 && !list.next) return null
  const first = (place.page - 1) * limit + 1
  const before = place.page - 1
  const known = before <= 1 || cursors[before] !== undefined
  const lead = (p: Partial<Place>) => {
    change(p)
    document.getElementById('mw-list')?.scrollIntoView() // a page is read from its top
  }
  return (
    <nav className="mw-list-line" aria-label="Pages of the list" ref={seen}>
      <Button iconName="angle-left" disabled={place.page === 1} onClick={() => lead(known ? { page: before, after: cursors[before] } : { page: 1 })}>
        {known ? 'Previous page' : 'First page'}
      </Button>
      <span>{shownText(first, list)}</span>
      <span onPointerEnter={near} onFocus={near}>
        <Button iconName="angle-right" iconAlign="right" disabled={!list.next} onClick={() => lead(next)}>
          Next page
        </Button>
      </span>
    </nav>
  )
}

// useSeen gives the ref of what tells when it comes into sight.
function useSeen(seen: () => void): (of: HTMLElement) => () => void {
  const latest = useRef(seen)
  latest.current = seen
  return useCallback((of) => {
    const watch = new IntersectionObserver((list) => list.some((e) => e.isIntersecting) && latest.current())
    watch.observe(of)
    return () => watch.disconnect()
  }, [])
}

/** "51 – 100 of 9,870". */
export const shownText = (first: number, list: Schemas['DetectionList']): string =>
  `${digits(first)} – ${digits(first + list.items.length - 1)}${list.total === undefined ? '' : ` of ${digits(list.total)}`}`

// useCursors remembers how the pages were reached, so that there is a way back.
function useCursors(of: string, place: Place): Cursors {
  const client = useQueryClient()
  const key = ['cursors', of]
  const known = client.getQueryData<Cursors>(key) ?? {}
  useEffect(() => {
    client.setQueryData<Cursors>(['cursors', of], (now) => ({ ...now, [place.page]: place.after }))
  }, [client, of, place.page, place.after])
  return known
}
