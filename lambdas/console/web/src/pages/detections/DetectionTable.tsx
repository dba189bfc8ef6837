// Detections as a table: for many at once, with the columns that one likes.
import Table from '@cloudscape-design/components/table'
import { memo, useDeferredValue, useMemo, type ReactNode } from 'react'
import type { Detection } from '../../api/names'
import { visible } from '../../ui/Wire'
import { useZoneLabel } from '../../ui/Time'
import { columnOf, definitions, sortOf } from './columns'
import type { Choice } from './choice'
import type { Sort } from './place'
import type { Liking } from './liking'

interface Props {
  items: readonly Detection[]
  now: number
  sort: Sort
  onSort: (s: Sort) => void
  choice: Choice
  acknowledge: (d: Detection) => void
  liking: Liking
  like: (l: Partial<Liking>) => void
}

const first = 10 // rows that are drawn at once; the others right after
const none: readonly Detection[] = []

export default memo(function DetectionTable({ items, now, sort, onSort, choice, acknowledge, liking, like }: Props): ReactNode {
  const zone = useZoneLabel()
  const columns = useMemo(() => definitions(now, zone, liking.widths, acknowledge), [now, zone, liking.widths, acknowledge])
  const drawn = useDeferredValue(items, none)
  const rows = useMemo(() => {
    const there = new Set(drawn.map((d) => d.id))
    return items.filter((d, i) => i < first || there.has(d.id))
  }, [items, drawn])
  const chosen = items.filter((d) => choice.items.has(d.id))
  return (
    <Table
      variant="embedded"
      items={rows}
      trackBy="id"
      columnDefinitions={columns}
      columnDisplay={liking.columns.map((id) => ({ id, visible: true }))}
      resizableColumns
      onColumnWidthsChange={(e) => like({ widths: widthsOf(liking, e.detail.widths) })}
      stickyColumns={{ last: 1 }}
      enableKeyboardNavigation
      wrapLines={liking.wrap}
      contentDensity={liking.dense ? 'compact' : 'comfortable'}
      sortingColumn={{ sortingField: columnOf(sort) }}
      sortingDescending={sort !== 'start'}
      onSortingChange={(e) => onSort(sortAfter(sort, e.detail.sortingColumn.sortingField))}
      selectionType="multi"
      selectedItems={chosen}
      onSelectionChange={(e) => select(choice, items, e.detail.selectedItems)}
      ariaLabels={{
        tableLabel: 'Detections',
        selectionGroupLabel: 'Select detections',
        allItemsSelectionLabel: () => 'Select all that are shown',
        itemSelectionLabel: (_, d) => `Select ${visible(d.title, 80)}, risk ${d.risk.score}`,
      }}
    />
  )
})

// The API sorts the worst and the newest first, and by start the other way too.
function sortAfter(now: Sort, field: string | undefined): Sort {
  if (field === 'start' && now === '-start') return 'start'
  return sortOf(field) ?? now
}

function select(choice: Choice, items: readonly Detection[], chosen: readonly Detection[]): void {
  const ids = new Set(chosen.map((d) => d.id))
  choice.chooseAll(
    items.filter((d) => ids.has(d.id) && !choice.items.has(d.id)),
    true,
  )
  choice.chooseAll(
    items.filter((d) => !ids.has(d.id) && choice.items.has(d.id)),
    false,
  )
}

const widthsOf = (liking: Liking, widths: readonly number[]) => ({
  ...liking.widths,
  ...Object.fromEntries(liking.columns.map((id, i) => [id, widths[i] ?? 120])),
})
