// What narrows, orders and arranges the list.
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import Select from '@cloudscape-design/components/select'
import { memo, useCallback, type ReactNode } from 'react'
import type { DetectionFilter } from '../../api/names'
import { FilterBar } from '../../detections/FilterBar'
import { groupings, sorts, type Place, type Step } from './place'

interface Props {
  place: Place
  change: (s: Step) => void
  count?: string
}

const elsewhere = ['band', 'start', 'modified', 'id'] // the buttons, the histogram and the span have these

// The table is loaded when somebody comes near it.
const near = () => void import('./DetectionTable').catch(() => {}) // whoever opens it is told

export const Toolbar = memo(function Toolbar({ place, change, count }: Props): ReactNode {
  const grouped = groupings.find((g) => g.id === place.group)
  const filter = useCallback((_: DetectionFilter, onto: (now: DetectionFilter) => DetectionFilter) => change((now) => ({ filter: onto(now.filter) })), [change])
  const sorted = sorts.find((s) => s.id === place.sort) ?? sorts[0]
  return (
    <div className="mw-tools">
      <FilterBar value={place.filter} onChange={filter} without={elsewhere} count={count} />
      <div className="mw-tools-right">
        <div className="mw-group">
          <Select
            ariaLabel="Group by"
            selectedOption={{
              value: place.group ?? '',
              label: grouped ? `By ${grouped.text === 'VPC' ? 'VPC' : grouped.text.toLowerCase()}` : 'No grouping',
            }}
            options={[{ value: '', label: 'No grouping' }, ...groupings.map((g) => ({ value: g.id, label: `By ${g.one}` }))]}
            onChange={(e) => change({ group: groupings.find((g) => g.id === e.detail.selectedOption.value)?.id })}
          />
        </div>
        <div className="mw-sort">
          <Select
            ariaLabel="Order"
            selectedOption={{ value: sorted?.id ?? '', label: sorted?.text ?? '' }}
            options={sorts.map((s) => ({ value: s.id, label: s.text }))}
            onChange={(e) => change({ sort: sorts.find((s) => s.id === e.detail.selectedOption.value)?.id })}
          />
        </div>
        <span onPointerEnter={near} onFocus={near}>
          <SegmentedControl
            label="Arranged as"
            selectedId={place.table ? 'table' : 'cards'}
            options={[
              { id: 'cards', text: 'Cards' },
              { id: 'table', text: 'Table' },
            ]}
            onChange={(e) => change({ table: e.detail.selectedId === 'table', group: undefined })}
          />
        </span>
      </div>
    </div>
  )
})
