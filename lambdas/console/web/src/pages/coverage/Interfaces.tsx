// Every interface with its state, why, and what would change it.
import { useCollection } from '@cloudscape-design/collection-hooks'
import Button from '@cloudscape-design/components/button'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import Multiselect from '@cloudscape-design/components/multiselect'
import Pagination from '@cloudscape-design/components/pagination'
import Select from '@cloudscape-design/components/select'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import { useMemo, type ReactNode } from 'react'
import type { Pages } from '../../api/pages'
import { fileName, saveText } from '../../export/rows'
import { digits } from '../../ui/number'
import { Empty, Read } from '../../ui/Panel'
import { Time, useZoneLabel } from '../../ui/Time'
import { visible, Wire } from '../../ui/Wire'
import { mostInterfaces } from './ask'
import { csvOf, matching, valuesOf, type Coverage, type Filter } from './logic'
import { allStates, stateOf, type State } from './states'

interface Props {
  of: Pages<Coverage>
  filter: Filter
  change: (f: Partial<Filter>) => void
  clear?: () => void
  chosen?: string
  choose: (id: string | undefined) => void
}

export function Interfaces(p: Props): ReactNode {
  return (
    <Read of={{ ...p.of, data: p.of.data && { list: p.of.data, complete: p.of.data.complete, why: p.of.data.why } }} lines={8}>
      {({ list }) => <Rows {...p} all={list.items} />}
    </Read>
  )
}

function Rows({ all, of, filter, change, clear, chosen, choose }: Props & { all: readonly Coverage[] }): ReactNode {
  const zone = useZoneLabel()
  const rows = matching(all, filter)
  const defined = useMemo(() => columns(zone), [zone])
  const { items, collectionProps, paginationProps } = useCollection(rows, {
    sorting: { defaultState: { sortingColumn: { sortingComparator: byState } } },
    pagination: { pageSize: 25 },
    selection: { trackBy: 'interface' },
  })
  return (
    <Table
      {...collectionProps}
      variant="embedded"
      items={items}
      trackBy="interface"
      columnDefinitions={defined}
      selectionType="single"
      selectedItems={all.filter((c) => c.interface === chosen)}
      onSelectionChange={(e) => choose(e.detail.selectedItems[0]?.interface)}
      onRowClick={(e) => choose(e.detail.item.interface)}
      enableKeyboardNavigation
      stickyHeader={false}
      ariaLabels={{ tableLabel: 'Interfaces', selectionGroupLabel: 'Interface to show', itemSelectionLabel: (_, c) => `Show ${visible(c.name ?? c.interface, 60)}` }}
      header={<Header variant="h3" counter={rows.length === all.length ? `(${digits(all.length)})` : `(${digits(rows.length)} of ${digits(all.length)})`} actions={<Button iconName="download" disabled={rows.length === 0} disabledReason="Nothing is shown" onClick={() => saveText(fileName('coverage', Date.now()), csvOf(rows))}>CSV</Button>}>Interfaces</Header>}
      filter={<Filters all={all} filter={filter} change={change} clear={clear} />}
      pagination={<Pagination {...paginationProps} />}
      footer={of.more && all.length >= mostInterfaces ? <span className="mw-quiet">The first {digits(mostInterfaces)} are here. The API and `mirrorwatch mirror coverage` have all.</span> : undefined}
      empty={<Empty>{all.length === 0 ? 'No interface is known yet.' : <>None matches. {clear && <Button variant="inline-link" onClick={clear}>Clear filters</Button>}</>}</Empty>}
    />
  )
}

const columns = (zone: string): TableProps.ColumnDefinition<Coverage>[] => [
  { id: 'state', header: 'State', width: 190, cell: (c) => <StatusIndicator type={stateOf(c.state).sign}>{stateOf(c.state).name}</StatusIndicator>, sortingComparator: byState },
  { id: 'name', header: 'Interface', isRowHeader: true, minWidth: 190, sortingComparator: (a, b) => (a.name ?? a.interface).localeCompare(b.name ?? b.interface), cell: (c) => <>{c.name && <div><Wire length={60}>{c.name}</Wire></div>}<Wire mono length={40}>{c.interface}</Wire></> },
  { id: 'why', header: 'Why', minWidth: 280, cell: (c) => <span className="mw-wrap"><Wire length={160}>{c.reason ?? ''}</Wire></span> },
  { id: 'fix', header: 'What would change it', minWidth: 300, cell: (c) => <span className="mw-wrap">{c.fix ? <Wire length={160}>{c.fix}</Wire> : <span className="mw-quiet">{c.state === 'mirrored' ? 'Nothing is wrong' : 'Nothing needs to be done'}</span>}</span> },
  { id: 'where', header: 'Where', minWidth: 180, sortingComparator: (a, b) => where(a).localeCompare(where(b)), cell: (c) => (where(c) ? <span className="mw-wrap">{c.vpc && <div><Wire length={40}>{c.vpc}</Wire></div>}<span className="mw-quiet"><Wire length={60}>{[c.account, c.region].filter(Boolean).join(' ')}</Wire></span></span> : <span className="mw-quiet">{c.vni === undefined ? 'Not known' : `VNI ${c.vni}`}</span>) },
  { id: 'seen', header: `Last packet (${zone})`, minWidth: 170, sortingComparator: (a, b) => time(a.last_seen) - time(b.last_seen), cell: (c) => (c.last_seen ? <Time at={c.last_seen} /> : <span className="mw-quiet">None was told of</span>) },
]

const byState = (a: Coverage, b: Coverage) => order(a) - order(b)
const order = (c: Coverage) => allStates.indexOf(c.state)
const where = (c: Coverage) => [c.vpc, c.account, c.region].filter(Boolean).join(' ')
const time = (t: string | undefined) => (t ? Date.parse(t) : 0)

const stateOptions = allStates.map((s) => ({ value: s, label: stateOf(s).name, description: stateOf(s).means }))

function Filters({ all, filter, change, clear }: { all: readonly Coverage[] } & Pick<Props, 'filter' | 'change' | 'clear'>): ReactNode {
  return (
    <div className="mw-coverage-filters">
      <Input type="search" value={filter.text} ariaLabel="Text in any column" placeholder="Name, id, address, tag, reason" clearAriaLabel="Clear" onChange={(e) => change({ text: e.detail.value })} />
      <Multiselect ariaLabel="States" placeholder="Any state" hideTokens inlineTokens options={stateOptions} selectedOptions={stateOptions.filter((o) => filter.states.includes(o.value))} onChange={(e) => change({ states: e.detail.selectedOptions.map((o) => o.value as State) })} />
      <One what="account" value={filter.account} values={valuesOf(all, (c) => c.account)} change={(account) => change({ account })} />
      <One what="region" value={filter.region} values={valuesOf(all, (c) => c.region)} change={(region) => change({ region })} />
      <One what="VPC" value={filter.vpc} values={valuesOf(all, (c) => c.vpc)} change={(vpc) => change({ vpc })} />
      {clear && <Button variant="inline-link" onClick={clear}>Clear filters</Button>}
    </div>
  )
}

function One({ what, value, values, change }: { what: string; value: string; values: readonly string[]; change: (v: string) => void }): ReactNode {
  const options = [{ value: '', label: `Any ${what}` }, ...values.map((v) => ({ value: v, label: visible(v, 60) }))]
  return (
    <Select
      ariaLabel={what} options={options} disabled={values.length === 0} filteringType={values.length > 12 ? 'auto' : 'none'}
      selectedOption={options.find((o) => o.value === value) ?? { value, label: visible(value, 60) }} onChange={(e) => change(e.detail.selectedOption.value ?? '')}
    />
  )
}
