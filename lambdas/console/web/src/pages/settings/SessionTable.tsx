import Badge from '@cloudscape-design/components/badge'
import Table from '@cloudscape-design/components/table'
import type { ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import { Time, useZoneLabel } from '../../ui/Time'
import { visible, Wire } from '../../ui/Wire'
import { agentName } from './agent'

export type SessionItem = Schemas['Session']

/** Sessions: where from, with what, since when. */
export function SessionTable({ items, label, actions }: { items: SessionItem[]; label: string; actions?: (s: SessionItem) => ReactNode }): ReactNode {
  const zone = useZoneLabel()
  return (
    <Table
      variant="borderless" cellVerticalAlign="top" stickyColumns={actions ? { last: 1 } : undefined} items={items} trackBy="id" wrapLines ariaLabels={{ tableLabel: label }}
      columnDefinitions={[
        {
          id: 'from', header: 'From', isRowHeader: true, minWidth: 140,
          cell: (s) => <span className="mw-settings-row"><Wire mono>{s.address || 'not known'}</Wire>{s.current && <Badge color="blue">This one</Badge>}</span>,
        },
        { id: 'agent', header: 'With, as it says', minWidth: 150, cell: (s) => <With agent={s.agent ?? ''} /> },
        { id: 'created', header: `Signed in (${zone})`, minWidth: 170, cell: (s) => <Time at={s.created} /> },
        { id: 'seen', header: `Last seen (${zone})`, minWidth: 170, cell: (s) => <div className="mw-settings-two"><Time at={s.seen} />{s.expires && <span className="mw-quiet">ends unless used at <Time at={s.expires} /></span>}</div> },
        ...(actions ? [{ id: 'does', header: 'Actions', minWidth: 80, cell: actions }] : []),
      ]}
    />
  )
}

function With({ agent }: { agent: string }): ReactNode {
  if (!agent) return <span className="mw-quiet">not said</span>
  const name = agentName(agent)
  if (!name) return <Wire length={100}>{agent}</Wire>
  return <span title={visible(agent, 512)}>{name}</span>
}
