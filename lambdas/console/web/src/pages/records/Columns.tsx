// Which columns are shown, of each kind its own, and how many records a page has.
import CollectionPreferences from '@cloudscape-design/components/collection-preferences'
import { useState, type ReactNode } from 'react'
import { columnsOf, labelOf } from '../../records/columns'
import { fieldsOf, type Field } from '../../records/fields'
import { remember, remembered } from '../../state/memory'
import { visible } from '../../ui/Wire'

export const pageSizes = [50, 100, 200, 500] as const

const composed: Readonly<Record<string, string>> = { from: 'From, with port', to: 'To, with port', what: 'What: the fields that say most', kind: 'Kind' }
const mostColumns = 40

/** The name under which a choice of columns is remembered. */
export const memoryOf = (kinds: readonly string[]): string => `records.columns.${kinds.length === 1 ? kinds[0] : 'all'}`

/** Gives the columns: those of the URL, or else those remembered, or else the kind's own. */
export function chosenColumns(url: readonly string[] | undefined, kinds: readonly string[]): readonly string[] {
  const kept = remembered(memoryOf(kinds))?.split(',').filter(Boolean)
  const own = columnsOf(kinds.length === 1 ? kinds : [])
  const all = url ?? (kept && kept.length > 0 ? kept : own)
  return all.slice(0, mostColumns)
}

/** How many records a page has, as remembered. */
export function usePageSize(): [number, (n: number) => void] {
  const [size, set] = useState(() => Number(remembered('records.page')) || 100)
  return [pageSizes.find((s) => s === size) ?? 100, (n) => {
    remember('records.page', String(n))
    set(n)
  }]
}

interface Props {
  kinds: readonly string[]
  fields: readonly Field[]
  columns: readonly string[]
  set: (columns: readonly string[] | undefined) => void // undefined: the kind's own
  size: number
  setSize: (n: number) => void
}

/** The dialog of columns. */
export function Columns({ kinds, fields, columns, set, size, setSize }: Props): ReactNode {
  const names = ['ts', 'kind', 'from', 'to', 'what', ...fieldsOf(fields, kinds).filter((f) => f.kinds.length > 0 && f.name !== 'ts').map((f) => f.name)]
  const ordered = [...columns, ...names.filter((n) => !columns.includes(n))]
  return (
    <CollectionPreferences
      title={kinds.length === 1 ? `Columns of ${visible(kinds[0] ?? '', 32)} records` : 'Columns of records of any kind'}
      confirmLabel="Show" cancelLabel="Cancel"
      preferences={{ pageSize: size, contentDisplay: ordered.map((id) => ({ id, visible: columns.includes(id) })) }}
      pageSizePreference={{ title: 'Records read at once', options: pageSizes.map((value) => ({ value, label: `${value} records` })) }}
      contentDisplayPreference={{
        title: 'Columns', description: `Remembered in this browser, for each kind by itself. Choose none for the usual ones; ${mostColumns} at most.`, enableColumnFiltering: true,
        options: ordered.map((id) => ({ id, label: nameOf(id) })),
      }}
      onConfirm={({ detail }) => {
        const shown = detail.contentDisplay?.filter((c) => c.visible).map((c) => c.id).slice(0, mostColumns) ?? []
        if (shown.join() !== columns.join()) {
          const usual = shown.length === 0 || shown.join() === columnsOf(kinds.length === 1 ? kinds : []).join()
          remember(memoryOf(kinds), usual ? undefined : shown.join(','))
          set(usual ? undefined : shown)
        }
        if (detail.pageSize && detail.pageSize !== size) setSize(detail.pageSize)
      }}
    />
  )
}

function nameOf(id: string): string {
  const label = composed[id] ?? labelOf(id)
  return visible(label === id || id in composed ? label : `${label} (${id})`, 80)
}
