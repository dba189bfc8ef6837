// How somebody likes the list: the browser remembers it.
import { useCallback, useState } from 'react'
import { remember, remembered } from '../../state/memory'
import { columnNames, shownAtFirst } from './columns'

export interface Liking {
  page: number // detections on a page
  columns: readonly string[]
  widths: Readonly<Record<string, number>>
  wrap: boolean
  dense: boolean
}

export const pageSizes: readonly number[] = [20, 50, 100]

const name = 'detections.table'
const atFirst: Liking = { page: 50, columns: shownAtFirst, widths: {}, wrap: false, dense: true }

/** Reads what was remembered; what does not fit is as at first. */
export function likingOf(text: string | undefined): Liking {
  try {
    const l = JSON.parse(text ?? '{}') as Partial<Liking>
    const columns = Array.isArray(l.columns) ? l.columns.filter((c) => columnNames.some((n) => n.id === c)) : []
    const widths = Object.entries(l.widths ?? {}).filter(([, w]) => typeof w === 'number' && w >= 40 && w <= 2000)
    return {
      page: pageSizes.includes(l.page ?? 0) ? (l.page ?? atFirst.page) : atFirst.page,
      columns: columns.includes('title') ? [...new Set(columns)] : atFirst.columns,
      widths: Object.fromEntries(widths),
      wrap: l.wrap === true,
      dense: l.dense !== false,
    }
  } catch {
    return atFirst
  }
}

export function useLiking(): [Liking, (change: Partial<Liking>) => void] {
  const [liking, set] = useState(() => likingOf(remembered(name)))
  const like = useCallback(
    (change: Partial<Liking>) =>
      set((now) => {
        const next = { ...now, ...Object.fromEntries(Object.entries(change).filter(([, v]) => v !== undefined)) }
        remember(name, JSON.stringify(next))
        return next
      }),
    [],
  )
  return [liking, like]
}
