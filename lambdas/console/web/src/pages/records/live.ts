// Records that came after the list was read. They are put on top only while nobody reads: a row that is open or focused stays where it is.
import { useEffect, useState } from 'react'
import { keyOf, type Rec } from '../../records/RecordTable'

const mostKept = 2_000

/** Puts new records before those that were shown already, newest first; too many, and the oldest of them go. */
export function accepted(shown: readonly Rec[], fresh: readonly Rec[]): readonly Rec[] {
  const known = new Set(shown.map(keyOf))
  const more = fresh.filter((r) => !known.has(keyOf(r)))
  return more.length === 0 ? shown : [...more, ...shown].slice(0, mostKept)
}

/** Gives the new records that are shown, how many wait, and what shows them. `name` names the list: with another one it begins anew. */
export function useFresh(name: string, tail: readonly Rec[] | undefined, held: boolean): { shown: readonly Rec[]; waiting: number; show: () => void } {
  const [state, set] = useState<{ name: string; shown: readonly Rec[] }>({ name, shown: [] })
  const shown = state.name === name ? state.shown : []
  const next = accepted(shown, tail ?? [])
  const show = () => set({ name, shown: next })
  useEffect(() => {
    if (!held && next !== shown) set({ name, shown: next })
  }, [held, next, shown, name])
  return { shown, waiting: next.length - shown.length, show }
}
