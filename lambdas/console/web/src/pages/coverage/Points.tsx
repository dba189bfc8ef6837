// Observation points: what a sensor hears under each network identifier, those longest unheard first.
import { useCollection } from '@cloudscape-design/collection-hooks'
import Header from '@cloudscape-design/components/header'
import Pagination from '@cloudscape-design/components/pagination'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import { useMemo, type ReactNode } from 'react'
import type { Pages } from '../../api/pages'
import { lasting } from '../../state/zone'
import { digits } from '../../ui/number'
import { Read } from '../../ui/Panel'
import { Time, useZoneLabel } from '../../ui/Time'
import { Wire } from '../../ui/Wire'
import type { Coverage } from './logic'
import { stateOf } from './states'

export function Points({ of, choose }: { of: Pages<Coverage>; choose: (id: string) => void }): ReactNode {
  return (
    <Read of={{ ...of, data: of.data && { list: of.data } }} lines={6} empty={({ list }) => (list.items.some((c) => c.vni !== undefined) ? undefined : 'No network identifier is in use yet: sensors tell of them as packets come.')}>
      {({ list }) => <Rows list={list.items.filter((c) => c.vni !== undefined)} now={of.since} choose={choose} />}
    </Read>
  )
}

const heard = (c: Coverage) => (c.last_seen ? Date.parse(c.last_seen) : 0)

const longest = (a: Coverage, b: Coverage) => heard(a) - heard(b)

function Rows({ list, now, choose }: { list: Coverage[]; now: number; choose: (id: string) => void }): ReactNode {
  const zone = useZoneLabel()
  const columns = useMemo((): TableProps.ColumnDefinition<Coverage>[] => [
    { id: 'vni', header: 'VNI', isRowHeader: true, width: 110, sortingField: 'vni', cell: (c) => c.vni },
    { id: 'who', header: 'Interface', minWidth: 200, cell: (c) => <button type="button" className="mw-more mw-who" onClick={() => choose(c.interface)}><Wire length={60}>{c.name ?? c.interface}</Wire></button> },
    { id: 'state', header: 'State', minWidth: 130, cell: (c) => <StatusIndicator type={stateOf(c.state).sign}>{stateOf(c.state).name}</StatusIndicator> },
    { id: 'seen', header: `Last packet (${zone})`, minWidth: 230, sortingComparator: longest, cell: (c) => (c.last_seen ? <><Time at={c.last_seen} /> <span className="mw-quiet">{lasting(now - heard(c))} ago</span></> : 'None was told of') },
    { id: 'packets', header: 'Packets', sortingField: 'packets', cell: (c) => (c.packets === undefined ? '–' : digits(c.packets)) },
    { id: 'sensor', header: 'Sensor', sortingField: 'sensor', minWidth: 110, cell: (c) => <Wire length={60}>{c.sensor ?? '–'}</Wire> },
  ], [zone, now]) // eslint-disable-line
  const { items, collectionProps, paginationProps } = useCollection(list, { sorting: { defaultState: { sortingColumn: { sortingComparator: longest } } }, pagination: { pageSize: 50 } })
  return (
    <Table
      {...collectionProps} variant="embedded" items={items} trackBy="interface" columnDefinitions={columns} enableKeyboardNavigation ariaLabels={{ tableLabel: 'Observation points' }}
      header={<Header variant="h3" counter={`(${digits(list.length)})`} description="Those that were not heard for longest come first. Drops are counted by sensor, not by identifier: see Sensors.">Observation points</Header>}
      pagination={<Pagination {...paginationProps} />}
    />
  )
}
