import { useCollection } from '@cloudscape-design/collection-hooks'
import Button from '@cloudscape-design/components/button'
import Header from '@cloudscape-design/components/header'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import type { ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import type { Incident } from '../../api/names'
import { csv, fileName, saveText } from '../../export/rows'
import { Score } from '../../ui/Band'
import { detectionPath, Go } from '../../ui/Link'
import { digits } from '../../ui/number'
import { Time, useZoneLabel } from '../../ui/Time'
import { visible, Wire } from '../../ui/Wire'

type Member = Schemas['IncidentMember']

const columns = (zone: string): TableProps.ColumnDefinition<Member>[] => [
  { id: 'score', header: 'Risk', sortingField: 'score', cell: (m) => <Score score={m.score} />, width: 90 },
  { id: 'title', header: 'Detection', sortingField: 'title', isRowHeader: true, minWidth: 200, cell: (m) => <Go to={detectionPath(m.id)}><Wire length={120}>{m.title}</Wire></Go> },
  { id: 'type', header: 'Type', sortingField: 'type', minWidth: 150, cell: (m) => visible(m.type, 64) },
  { id: 'start', header: `Began (${zone})`, sortingField: 'start', minWidth: 170, cell: (m) => <Time at={m.start} /> },
  { id: 'update', header: `Last active (${zone})`, sortingField: 'update', minWidth: 170, cell: (m) => <Time at={m.update} /> },
]

/** The detections that it is made of. */
export function Members({ i }: { i: Incident }): ReactNode {
  const zone = useZoneLabel()
  const { items, collectionProps } = useCollection(i.members, { sorting: { defaultState: { sortingColumn: { sortingField: 'start' } } } })
  const n = i.members.length
  const save = () => saveText(fileName('incident', Date.parse(i.update)), csv(['id', 'type', 'title', 'category', 'risk', 'start', 'update'], i.members.map((m) => [m.id, m.type, m.title, m.category, m.score, m.start, m.update])))
  return (
    <Table
      {...collectionProps}
      items={items}
      trackBy="id"
      columnDefinitions={columns(zone)}
      enableKeyboardNavigation
      ariaLabels={{ tableLabel: 'Detections of the incident' }}
      header={<Header variant="h2" counter={i.left ? `(${digits(n)} of ${digits(n + i.left)})` : `(${digits(n)})`} description={i.left ? 'The worst are listed.' : undefined} actions={<Button iconName="download" onClick={save}>CSV</Button>}>Its detections</Header>}
      empty="It names no detection."
    />
  )
}
