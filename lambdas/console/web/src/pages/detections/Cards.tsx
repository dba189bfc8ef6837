// The cards of a page. An answer shows at once: those that fit a window are drawn first, the others right after, in places that are kept for them.
import { memo, useDeferredValue, useMemo, type ReactNode } from 'react'
import type { Detection } from '../../api/names'
import { Card } from './Card'
import type { Choice } from './choice'

interface Props {
  items: readonly Detection[]
  now: number
  choice: Choice
}

const first = 8 // cards that are drawn at once
const none: readonly Detection[] = []

export const Cards = memo(function Cards({ items, now, choice }: Props): ReactNode {
  const drawn = useDeferredValue(items, none)
  const there = useMemo(() => new Set(drawn.map((d) => d.id)), [drawn])
  return (
    <ul className="mw-cards">
      {items.map((d, i) =>
        i < first || there.has(d.id) ? (
          <li key={d.id}>
            <Card d={d} now={now} chosen={choice.items.has(d.id)} choose={choice.choose} />
          </li>
        ) : (
          <li key={d.id} className="mw-card-later" data-item={d.id} />
        ),
      )}
    </ul>
  )
})
