// The map as a list: the same, for who reads rather than looks.
import { useCollection } from '@cloudscape-design/collection-hooks'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Header from '@cloudscape-design/components/header'
import Pagination from '@cloudscape-design/components/pagination'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import TextFilter from '@cloudscape-design/components/text-filter'
import type { ReactNode } from 'react'
import { csv, fileName, saveText } from '../../export/rows'
import { bytes, counted, digits } from '../../ui/number'
import { visible, Wire } from '../../ui/Wire'
import { edgeKey, type MapEdge, type Merged } from './merge'

export interface Row extends MapEdge {
  key: string
  fromName: string
  toName: string
}

/** One row for each line of the map. */
export function rowsOf(m: Merged): Row[] {
  const names = new Map(m.nodes.map((n) => [n.id, n.label]))
  return m.edges.map((e) => ({ ...e, key: edgeKey(e), fromName: names.get(e.from) ?? e.from, toName: names.get(e.to) ?? e.to }))
}

export const csvOf = (rows: readonly Row[]): string =>
  csv(['from', 'from_id', 'to', 'to_id', 'conversations', 'bytes_sent', 'bytes_received', 'services'],
    rows.map((r) => [r.fromName, r.from, r.toName, r.to, r.connections, r.bytes_sent, r.bytes_received, r.services.join(' ')]))

const columns = (select: (id: string) => void): TableProps.ColumnDefinition<Row>[] => [
  { id: 'from', header: 'From', sortingField: 'fromName', isRowHeader: true, minWidth: 160, cell: (r) => <Who id={r.from} name={r.fromName} select={select} /> },
  { id: 'to', header: 'To', sortingField: 'toName', minWidth: 160, cell: (r) => <Who id={r.to} name={r.toName} select={select} /> },
  { id: 'connections', header: 'Conversations', sortingField: 'connections', cell: (r) => digits(r.connections) },
  { id: 'sent', header: 'Sent', sortingField: 'bytes_sent', cell: (r) => bytes(r.bytes_sent) },
  { id: 'received', header: 'Received', sortingField: 'bytes_received', cell: (r) => bytes(r.bytes_received) },
  { id: 'services', header: 'Services', minWidth: 140, cell: (r) => (r.services.length > 0 ? r.services.map((s) => visible(s, 40)).join(', ') : 'Not known') },
]

function Who({ id, name, select }: { id: string; name: string; select: (id: string) => void }): ReactNode {
  return <button type="button" className="mw-more mw-who" onClick={() => select(id)}><Wire length={60}>{name}</Wire></button>
}

export function Twin({ map, select, at }: { map: Merged; select: (id: string) => void; at: number }): ReactNode {
  const rows = rowsOf(map)
  const { items, collectionProps, filterProps, paginationProps, filteredItemsCount } = useCollection(rows, {
    filtering: { filteringFunction: (r, text) => `${r.fromName} ${r.toName} ${r.services.join(' ')}`.toLowerCase().includes(text.toLowerCase()), noMatch: <Box>Nothing matches. Clear the text to see all.</Box> },
    sorting: { defaultState: { sortingColumn: { sortingField: 'connections' }, isDescending: true } },
    pagination: { pageSize: 50 },
  })
  return (
    <Table
      {...collectionProps}
      variant="embedded"
      trackBy="key"
      items={items}
      columnDefinitions={columns(select)}
      enableKeyboardNavigation
      header={<Header counter={`(${digits(rows.length)})`} actions={<Button iconName="download" onClick={() => saveText(fileName('activity-map', at), csvOf(rows))}>CSV</Button>}>Who spoke with whom</Header>}
      filter={<TextFilter {...filterProps} filteringPlaceholder="Name, address or service" filteringAriaLabel="Filter the list" countText={counted(filteredItemsCount ?? 0, 'match', 'matches')} />}
      pagination={<Pagination {...paginationProps} />}
      ariaLabels={{ tableLabel: 'Who spoke with whom' }}
      empty="Nobody spoke with anybody here in this time."
    />
  )
}
