import CollectionPreferences from '@cloudscape-design/components/collection-preferences'
import type { ReactNode } from 'react'
import { columnNames } from './columns'
import { pageSizes, type Liking } from './liking'

/** What the table shows, for whoever wants it otherwise. */
export default function Preferences({ liking, like }: { liking: Liking; like: (l: Partial<Liking>) => void }): ReactNode {
  const hidden = columnNames.filter((c) => !liking.columns.includes(c.id))
  return (
    <CollectionPreferences
      title="What the table shows"
      confirmLabel="Apply"
      cancelLabel="Cancel"
      preferences={{
        pageSize: liking.page,
        wrapLines: liking.wrap,
        contentDensity: liking.dense ? 'compact' : 'comfortable',
        contentDisplay: [...liking.columns.map((id) => ({ id, visible: true })), ...hidden.map((c) => ({ id: c.id, visible: false }))],
      }}
      pageSizePreference={{ title: 'Detections on a page', options: pageSizes.map((value) => ({ value, label: String(value) })) }}
      wrapLinesPreference={{ label: 'Wrap lines', description: 'Show all of a text, on as many lines as it takes' }}
      contentDensityPreference={{ label: 'Compact', description: 'Less space between rows' }}
      contentDisplayPreference={{ title: 'Columns', options: columnNames }}
      onConfirm={(e) =>
        like({
          page: e.detail.pageSize,
          wrap: e.detail.wrapLines,
          dense: e.detail.contentDensity === 'compact',
          columns: e.detail.contentDisplay?.filter((c) => c.visible).map((c) => c.id),
        })
      }
    />
  )
}
