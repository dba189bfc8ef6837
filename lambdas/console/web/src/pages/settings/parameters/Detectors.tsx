import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import type { Schemas } from '../../../api/client'
import type { Reading } from '../../../api/read'
import type { DetectionType } from '../../../api/names'
import { May } from '../../../ui/May'
import { List } from '../List'
import { EditDetector } from './EditDetector'
import type { Parameter } from './names'
import { changedOf } from './settings'

interface Props {
  of: Reading<Schemas['Catalogue']>
  settings: Parameter | undefined
  editing: string | undefined
  edit: (id: string | undefined) => void
}

/** Every detector, whether it is on, and what of it was set. */
export function Detectors({ of, settings, editing, edit }: Props): ReactNode {
  const open = of.data?.items.find((t) => t.type === editing)
  return (
    <>
      <List<DetectionType>
        title="Detectors" what="detectors" of={of} idOf={(t) => t.type} textOf={(t) => `${t.type} ${t.title} ${t.category}`} empty="This version has no detectors."
        description="How sensitive each is. A sensor reads these settings when it starts." sort={{ column: 'type' }}
        columns={[
          { id: 'type', header: 'Detector', isRowHeader: true, minWidth: 200, sortingField: 'title', cell: (t) => <div className="mw-settings-two"><b>{t.title}</b><span className="mw-mono mw-quiet">{t.type}</span></div> },
          { id: 'on', header: 'State', minWidth: 90, sortingField: 'enabled', cell: (t) => (t.enabled ? <StatusIndicator type="success">On</StatusIndicator> : <StatusIndicator type="stopped">Off</StatusIndicator>) },
          { id: 'set', header: 'Not as by default', minWidth: 200, cell: (t) => <Changed of={t} /> },
          { id: 'does', header: 'Actions', minWidth: 100, cell: (t) => <May op="putParameter" variant="inline-link" ariaLabel={`Change ${t.title}`} disabled={!settings} disabledReason="What is set has not been read yet." onClick={() => edit(t.type)}>Change</May> },
        ]}
      />
      {open && settings && <EditDetector key={open.type} of={open} settings={settings} close={() => edit(undefined)} />}
    </>
  )
}

function Changed({ of: t }: { of: DetectionType }): ReactNode {
  const changed = changedOf(t)
  if (changed.length === 0) return <span className="mw-quiet">Nothing</span>
  return <ul className="mw-settings-values">{changed.map((u) => <li key={u.name}><span className="mw-mono">{u.name}</span> is {u.value || 'empty'}, by default {u.default || 'empty'}</li>)}</ul>
}
