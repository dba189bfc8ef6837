// The list: cards or a table, with what is above and below them.
import { lazy, Suspense, type ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import type { Reading } from '../../api/read'
import type { Detection } from '../../api/names'
import type { Span } from '../../state/span'
import { Loading, Read } from '../../ui/Panel'
import { Cards } from './Cards'
import type { Choice } from './choice'
import { useAsk } from './data'
import type { Liking } from './liking'
import { Nothing } from './Nothing'
import { Pager, shownText } from './Pager'
import { within, type Place } from './place'
import { SelectAll } from './SelectAll'

interface Props {
  of: Reading<Schemas['DetectionList']>
  place: Place
  span: Span
  now: number
  change: (p: Partial<Place>) => void
  look: (s: Span) => void
  choice: Choice
  acknowledge: (d: Detection) => void
  liking: Liking
  like: (l: Partial<Liking>) => void
  hidden: ReactNode
}

// The table is loaded where it is looked at: most see the cards.
const DetectionTable = lazy(() => import('./DetectionTable'))
const Preferences = lazy(() => import('./Preferences'))

export function List({ of, place, span, now, change, look, choice, acknowledge, liking, like, hidden }: Props): ReactNode {
  const ask = useAsk(span, liking.page)
  const question = JSON.stringify([within(place, span), place.sort, liking.page])
  return (
    <Read
      of={of}
      lines={10}
      empty={(l) =>
        l.items.length === 0 && (
          <>
            <Nothing place={place} span={span} change={change} look={look} />
            {hidden}
          </>
        )
      }
    >
      {(l) => (
        <>
          <div className="mw-list-line" id="mw-list">
            <SelectAll items={l.items} total={l.total} filter={within(place, span)} choice={choice} box={!place.table} />
            <span className="mw-quiet">{shownText((place.page - 1) * liking.page + 1, l)}</span>
            <div className="mw-list-right">
              {hidden}
              {place.table && (
                <Suspense fallback={null}>
                  <Preferences liking={liking} like={like} />
                </Suspense>
              )}
            </div>
          </div>
          {place.table ? (
            <Suspense fallback={<Loading lines={10} />}>
              <DetectionTable
                items={l.items}
                now={now}
                sort={place.sort}
                onSort={(sort) => change({ sort })}
                choice={choice}
                acknowledge={acknowledge}
                liking={liking}
                like={like}
              />
            </Suspense>
          ) : (
            <Cards items={l.items} now={now} choice={choice} />
          )}
          <Pager list={l} place={place} limit={liking.page} of={question} change={change} ask={ask} ready={!of.refreshing} />
        </>
      )}
    </Read>
  )
}
