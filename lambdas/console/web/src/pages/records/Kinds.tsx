// The kinds of record that match, each with its count, to be switched on and off.
import { useState, type ReactNode } from 'react'
import { api, told, type Schemas } from '../../api/client'
import { useRead, type Reading } from '../../api/read'
import { short, digits } from '../../ui/number'
import { Read } from '../../ui/Panel'
import { visible } from '../../ui/Wire'
import { bodyOf, shownOf, type Asked } from './asked'

/** Counts the records of each kind, whichever kinds are chosen. */
export function useKinds(a: Asked, when: boolean): Reading<Schemas['RecordTop']> {
  const { from, to } = shownOf(a)
  return useRead(
    ['record-kinds', a.query, from, to],
    (signal) => told(api.POST('/v1/records/top', { body: { ...bodyOf(a), kinds: undefined, fields: ['kind'], limit: 64 }, signal })),
    { when, keep: true, patience: Infinity },
  )
}

/** How many records are shown by the kinds that are chosen; undefined where it is not known. */
export function totalOf(kinds: Reading<Schemas['RecordTop']>, chosen: readonly string[]): number | undefined {
  return kinds.data?.items.reduce((n, i) => n + (chosen.length === 0 || chosen.includes(i.values[0] ?? '') ? i.count : 0), 0)
}

const mostShown = 12

export function Kinds({ of, chosen, set }: { of: Reading<Schemas['RecordTop']>; chosen: readonly string[]; set: (kinds: readonly string[]) => void }): ReactNode {
  const [every, showEvery] = useState(false)
  return (
    <Read of={of} lines={1}>
      {(top) => {
        const here = top.items.map((i) => ({ kind: i.values[0] ?? '', count: i.count }))
        const gone = chosen.filter((k) => !here.some((h) => h.kind === k)).map((kind) => ({ kind, count: 0 }))
        const all = [...here, ...gone]
        const shown = every || all.length <= mostShown + 2 ? all : all.filter((k, i) => i < mostShown || chosen.includes(k.kind))
        return (
          <div className="mw-kinds" role="group" aria-label="Kinds of record">
            <button type="button" className="mw-chip" aria-pressed={chosen.length === 0} onClick={() => set([])}>All kinds</button>
            {shown.map(({ kind, count }) => (
              <button
                key={kind} type="button" className="mw-chip" aria-pressed={chosen.includes(kind)} title={`${digits(count)} records`}
                onClick={() => set(chosen.includes(kind) ? chosen.filter((k) => k !== kind) : [...chosen, kind])}
              >
                {visible(kind, 32)} <span className="mw-number">{short(count)}</span>
              </button>
            ))}
            {shown.length < all.length && <button type="button" className="mw-chip mw-chip-more" onClick={() => showEvery(true)}>{all.length - shown.length} more kinds</button>}
          </div>
        )
      }}
    </Read>
  )
}
