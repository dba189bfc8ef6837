// Observation points: what sensors hear under each network identifier, those with something wrong first.
import { useCollection } from '@cloudscape-design/collection-hooks'
import Header from '@cloudscape-design/components/header'
import Pagination from '@cloudscape-design/components/pagination'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import Toggle from '@cloudscape-design/components/toggle'
import { useMemo, type ReactNode } from 'react'
import type { Pages } from '../../api/pages'
import { lasting } from '../../state/zone'
import { bytes, counted, digits } from '../../ui/number'
import { Read } from '../../ui/Panel'
import { Time, useZoneLabel } from '../../ui/Time'
import { Wire } from '../../ui/Wire'
import { faults } from './faults'
import type { Coverage } from './logic'
import { faresOf, partsOf, pointsOf, worst, type Heard, type Point } from './points'

interface Shown {
  of: Pages<Heard>
  interfaces: readonly Coverage[] // as far as they are known
  running?: readonly string[] // the sensors that tell of themselves; undefined: not known
  faulty: boolean // only what is not well
  only: (faulty: boolean) => void
  choose: (id: string) => void
}

/** Shows how each observation point fares. */
export function Points({ of, interfaces, running, ...how }: Shown): ReactNode {
  const points = useMemo(() => of.data && pointsOf(of.data.items, interfaces, running), [of.data, interfaces, running])
  return (
    <Read of={{ ...of, data: of.data && points && { ...of.data, points } }} lines={6} empty={(d) => (d.points.length > 0 ? undefined : 'No network identifier is in use yet: sensors tell of them as packets come.')}>
      {(d) => <Rows points={d.points} now={of.since} {...how} />}
    </Read>
  )
}

function Rows({ points, now, faulty, only, choose }: { points: Point[]; now: number } & Pick<Shown, 'faulty' | 'only' | 'choose'>): ReactNode {
  const zone = useZoneLabel()
  const columns = useMemo(() => columnsOf(zone, now, choose), [zone, now]) // eslint-disable-line
  const ill = points.filter((p) => faresOf(p) !== 'well')
  const { items, collectionProps, paginationProps } = useCollection(faulty ? ill : points, { sorting: { defaultState: { sortingColumn: { sortingComparator: worst } } }, pagination: { pageSize: 50 } })
  const there = [...new Set(points.flatMap((p) => (faresOf(p) === 'faulty' ? p.faults : [])))].sort()
  return (
    <Table
      {...collectionProps} variant="embedded" items={items} trackBy={(p) => String(p.vni)} columnDefinitions={columns} enableKeyboardNavigation ariaLabels={{ tableLabel: 'Observation points' }}
      empty="Every observation point is well."
      header={
        <Header
          variant="h3" counter={`(${digits(points.length)})`} description="What all sensors hear under each network identifier, since they began. Packets that a network card dropped have no identifier: see Sensors."
          actions={<Toggle checked={faulty} onChange={(e) => only(e.detail.checked)}>Only what is not well ({digits(ill.length)})</Toggle>}
        >
          Observation points
        </Header>
      }
      filter={there.length > 0 ? <dl className="mw-helps">{there.map((f) => <div key={f}><dt>{faults[f].name}</dt><dd>{faults[f].help}</dd></div>)}</dl> : undefined}
      pagination={<Pagination {...paginationProps} />}
    />
  )
}

type Column = TableProps.ColumnDefinition<Point>

const columnsOf = (zone: string, now: number, choose: (id: string) => void): Column[] => [
  { id: 'vni', header: 'VNI', isRowHeader: true, width: 100, sortingField: 'vni', cell: (p) => p.vni },
  { id: 'who', header: 'Interface', minWidth: 150, cell: (p) => <Who p={p} choose={choose} /> },
  { id: 'health', header: 'Health', minWidth: 170, sortingComparator: worst, cell: (p) => <Health p={p} /> },
  { id: 'seen', header: `Last packet (${zone})`, minWidth: 160, sortingComparator: (a, b) => (a.seen ?? 0) - (b.seen ?? 0), cell: (p) => <Seen p={p} now={now} /> },
  { id: 'packets', header: 'Packets', sortingField: 'packets', cell: (p) => digits(p.packets) },
  { id: 'bytes', header: 'Bytes', sortingField: 'bytes', cell: (p) => bytes(p.bytes) },
  { id: 'parts', header: 'Of its packets', minWidth: 150, sortingComparator: (a, b) => spoiled(a) - spoiled(b), cell: (p) => <Parts p={p} /> },
  { id: 'sensor', header: 'Sensor', minWidth: 110, cell: (p) => <Sensors names={p.sensors} /> },
]

// Copies do no harm: they are left out of what orders points by what they lack.
const spoiled = (p: Point): number => (p.gaps + p.truncated) / Math.max(1, p.packets)

function Parts({ p }: { p: Point }): ReactNode {
  const some = partsOf(p)
  if (some.length === 0) return p.packets > 0 ? 'All whole, and once' : '–'
  return <ul className="mw-faults">{some.map((x) => <li key={x.what} title={digits(x.count)}>{x.share} {x.what}</li>)}</ul>
}

function Who({ p, choose }: { p: Point; choose: (id: string) => void }): ReactNode {
  const id = p.interface
  if (id === undefined) return <span className="mw-quiet">Nobody’s: no binding names it</span>
  if (!p.listed) return <Wire length={60}>{p.name ?? id}</Wire>
  return <button type="button" className="mw-more mw-point-owner" onClick={() => choose(id)}><Wire length={60}>{p.name ?? id}</Wire></button>
}

function Health({ p }: { p: Point }): ReactNode {
  switch (faresOf(p)) {
    case 'unheard': return <StatusIndicator type="error">Never heard</StatusIndicator>
    case 'ended': return <StatusIndicator type="stopped">{p.sensors.length === 1 ? 'Its sensor ended' : 'Its sensors ended'}</StatusIndicator>
    case 'well': return <StatusIndicator type="success">Well</StatusIndicator>
  }
  return <ul className="mw-faults">{p.faults.map((f) => <li key={f}><StatusIndicator type={f === 'silent' ? 'error' : 'warning'}>{faults[f].name}</StatusIndicator></li>)}</ul>
}

const Seen = ({ p, now }: { p: Point; now: number }): ReactNode =>
  p.seen === undefined ? 'None in 35 days' : <><Time at={new Date(p.seen).toISOString()} /> <div className="mw-quiet">{lasting(now - p.seen)} ago</div></>

const Sensors = ({ names }: { names: string[] }): ReactNode => (names.length > 1 ? <span title={names.join('\n')}>{counted(names.length, 'sensor')}</span> : <Wire length={60}>{names[0] ?? '–'}</Wire>)
