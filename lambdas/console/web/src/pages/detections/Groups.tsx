// Detections by type, offender, victim, technique or VPC: one row a group, which opens in its place.
import Button from '@cloudscape-design/components/button'
import { useId, type ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import type { Span } from '../../state/span'
import { Score } from '../../ui/Band'
import { counted } from '../../ui/number'
import { Read } from '../../ui/Panel'
import { visible } from '../../ui/Wire'
import { Card } from './Card'
import type { Choice } from './choice'
import { useList } from './data'
import { groupCounts, groupFilter, groupName, worstFirst } from './groups'
import type { Place } from './place'
import { Arrow } from './Signs'

interface Props {
  groups: Schemas['GroupList']
  place: Place
  span: Span
  now: number
  choice: Choice
  change: (p: Partial<Place>) => void
}

export function Groups({ groups, ...p }: Props): ReactNode {
  return (
    <ul className="mw-groups">
      {worstFirst(groups.items).map((g) => (
        <Row key={g.key} g={g} all={groups} {...p} />
      ))}
    </ul>
  )
}

const none = 'none' // in the URL, the group of what is in no group

function Row({ g, all, ...p }: Omit<Props, 'groups'> & { g: Schemas['Group']; all: Schemas['GroupList'] }): ReactNode {
  const id = useId()
  const by = p.place.group ?? 'type'
  const inside = groupFilter(p.place.filter, by, g.key, all)
  const open = p.place.open === (g.key || none) && inside !== undefined
  const [name, beside] = groupName(by, g, all.items)
  return (
    <li>
      <button
        type="button"
        className="mw-group-head"
        aria-expanded={inside ? open : undefined}
        aria-controls={open ? id : undefined}
        disabled={!inside}
        title={inside ? undefined : 'There are more groups than are listed, so that what is in none of them cannot be looked up'}
        onClick={() => p.change({ open: open ? undefined : g.key || none })}
      >
        <span className="mw-group-arrow">{inside && <Arrow />}</span>
        <Score score={g.max_score} />
        <span className="mw-group-name" title={visible(beside ? `${name} (${beside})` : name)}>
          <bdi>{visible(name, 120)}</bdi>
          {beside && (
            <span className="mw-dim">
              {' '}
              <bdi>{visible(beside, 60)}</bdi>
            </span>
          )}
        </span>
        <Spark bars={g.bars ?? []} />
        <span className="mw-group-count mw-quiet">{groupCounts(by, g)}</span>
      </button>
      {open && inside && (
        <div id={id} className="mw-group-body">
          <Inside {...p} g={g} place={{ ...p.place, filter: inside, group: undefined, after: undefined, page: 1 }} sentence={by === 'type'} />
        </div>
      )}
    </li>
  )
}

const most = 20 // shown in the group's place

function Inside({ g, place, span, now, choice, change, sentence }: Omit<Props, 'groups'> & { g: Schemas['Group']; sentence: boolean }): ReactNode {
  const list = useList(place, span, most)
  return (
    <Read of={list} lines={4}>
      {(l) => (
        <>
          <ul className="mw-cards">
            {l.items.map((d) => (
              <li key={d.id}>
                <Card d={d} now={now} chosen={choice.items.has(d.id)} choose={choice.choose} sentence={sentence} />
              </li>
            ))}
          </ul>
          {l.next && (
            <Button
              variant="inline-link"
              onClick={() => change({ filter: place.filter, group: undefined })}
            >{`Show all ${counted(g.count, 'detection')}`}</Button>
          )}
        </>
      )}
    </Read>
  )
}

// A small histogram without an axis: when they were, beside one another. The row's words have the counts.
function Spark({ bars }: { bars: readonly number[] }): ReactNode {
  const top = Math.max(1, ...bars)
  const wide = 120 / Math.max(1, bars.length)
  return (
    <svg className="mw-spark" viewBox="0 0 120 20" aria-hidden="true">
      <line x1="0" x2="120" y1="19.5" y2="19.5" />
      {bars.map(
        (n, i) =>
          n > 0 && (
            <rect
              key={i}
              x={i * wide + 0.5}
              width={Math.max(1.5, wide - 1)}
              y={19 - Math.max(3, (n / top) * 18)}
              height={Math.max(3, (n / top) * 18)}
            />
          ),
      )}
    </svg>
  )
}
