import SegmentedControl from '@cloudscape-design/components/segmented-control'
import type { ReactNode } from 'react'
import type { ActivityMap, Detection } from '../../api/names'
import { ColumnMap } from '../../charts/ColumnMap'
import { ColumnMapList } from '../../charts/ColumnMapList'
import { useView, type Query } from '../../state/url'
import { Go } from '../../ui/Link'
import { Time } from '../../ui/Time'
import { KeptPanel } from './KeptPanel'
import { useMap } from './read'

/** What the whole site's map is to show: the one who did it, in the time of this map. */
export function scopeOf(d: Detection, m: ActivityMap | undefined): Query {
  const offender = (d.participants ?? []).find((p) => p.role === 'offender' && !p.external) ?? (d.participants ?? []).find((p) => !p.external) ?? d.participants?.[0]
  const who: Query = offender?.device && !offender.external ? { device: offender.device } : { address: offender?.address }
  return { ...who, from: m?.from ?? d.start, to: m?.to ?? d.update }
}

/** Who reached the offender, and whom it reached. */
export function MapPanel({ d }: { d: Detection }): ReactNode {
  const map = useMap(d)
  const [query, change] = useView()
  const view = query.map ?? (matchMedia('(max-width: 700px)').matches ? 'list' : 'map') // a map of three columns has no room there
  const set = (v: string) => change({ map: v })
  return (
    <KeptPanel
      title="Activity map"
      description={map.data ? <>Who reached whom from <Time at={map.data.from} /> to <Time at={map.data.to} label /></> : undefined}
      of={map}
      lines={6}
      empty={(m) => (m.edges.length === 0 && m.nodes.length < 2 ? 'No conversation of the participants is kept from this time. The records may have reached their age, or the detection is about something else than conversations.' : undefined)}
      actions={
        <div className="mw-det-actions">
          <SegmentedControl selectedId={view} onChange={(e) => set(e.detail.selectedId)} label="How the map is shown" options={[{ id: 'map', text: 'Map' }, { id: 'list', text: 'List' }]} />
          <Go to="/activity-map" query={scopeOf(d, map.data)}>Open in Activity map</Go>
        </div>
      }
    >
      {(m) => (view === 'list' ? <ColumnMapList map={m} /> : <ColumnMap map={m} onList={() => set('list')} />)}
    </KeptPanel>
  )
}
