// The list: cards or a table, with what is above and below them.
import Checkbox from '@cloudscape-design/components/checkbox'
import { lazy, Suspense, useCallback, type ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import type { Reading } from '../../api/read'
import type { Detection } from '../../api/names'
import { useTell } from '../../shell/Messages'
import type { Span } from '../../state/span'
import { statusWord } from '../../detections/names'
import { Loading, Read } from '../../ui/Panel'
import { visible } from '../../ui/Wire'
import { useNoTriage } from './BulkBar'
import { Card } from './Card'
import type { Choice } from './choice'
import type { Liking } from './liking'
import { Nothing } from './Nothing'
import { Pager, shownText } from './Pager'
import { within, type Place } from './place'
import type { Triage } from './triage'
import { useItemKeys } from './useItemKeys'

interface Props {
  of: Reading<Schemas['DetectionList']>
  place: Place
  span: Span
  now: number
  change: (p: Partial<Place>) => void
  look: (s: Span) => void
  choice: Choice
  triage: Triage
  liking: Liking
  like: (l: Partial<Liking>) => void
  hidden: ReactNode
}

// The table is loaded where it is looked at: most see the cards.
const DetectionTable = lazy(() => import('./DetectionTable'))
const Preferences = lazy(() => import('./Preferences'))

const nobody: readonly Detection[] = []

export function List({ of, place, span, now, change, look, choice, triage, liking, like, hidden }: Props): ReactNode {
  const items = of.data?.items ?? nobody
  const acknowledge = useAcknowledge(triage)
  const found = (id: string) => items.find((d) => d.id === id)
  useItemKeys({
    acknowledge: (id) => { const d = found(id); if (d) acknowledge(d) },
    choose: (id) => { const d = found(id); if (d) choice.choose(d, !choice.items.has(id)) },
  })
  const question = JSON.stringify([within(place, span), place.sort, liking.page])
  return (
    <Read of={of} lines={10} empty={(l) => l.items.length === 0 && <><Nothing place={place} span={span} change={change} look={look} />{hidden}</>}>
      {(l) => (
        <>
          <div className="mw-list-line" id="mw-list">
            {!place.table && <All items={l.items} choice={choice} />}
            <span className="mw-quiet">{shownText((place.page - 1) * liking.page + 1, l)}</span>
            <div className="mw-list-right">{hidden}{place.table && <Suspense fallback={null}><Preferences liking={liking} like={like} /></Suspense>}</div>
          </div>
          {place.table
            ? <Suspense fallback={<Loading lines={10} />}><DetectionTable items={l.items} now={now} sort={place.sort} onSort={(sort) => change({ sort })} choice={choice} acknowledge={acknowledge} liking={liking} like={like} /></Suspense>
            : <ul className="mw-cards">{l.items.map((d) => <li key={d.id}><Card d={d} now={now} chosen={choice.items.has(d.id)} choose={choice.choose} /></li>)}</ul>}
          <Pager list={l} place={place} limit={liking.page} of={question} change={change} />
        </>
      )}
    </Read>
  )
}

function All({ items, choice }: { items: readonly Detection[]; choice: Choice }): ReactNode {
  const n = items.filter((d) => choice.items.has(d.id)).length
  return <Checkbox checked={n === items.length} indeterminate={n > 0 && n < items.length} onChange={(e) => choice.chooseAll(items, e.detail.checked)}>Select all shown</Checkbox>
}

// useAcknowledge gives what acknowledges one that is open, and says why not where it does not.
function useAcknowledge(triage: Triage): (d: Detection) => void {
  const tell = useTell()
  const denied = useNoTriage()
  const one = triage.one
  return useCallback((d) => {
    if (denied) return tell({ type: 'info', id: 'denied', text: denied })
    if (d.status !== 'open') return tell({ type: 'info', id: 'not-open', text: `${visible(d.title, 60)} is ${statusWord[d.status].toLowerCase()} already. Nothing was changed.` })
    void one(d, { status: 'acknowledged' })
  }, [tell, denied, one])
}
