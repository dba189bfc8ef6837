// Devices as rows.
import CollectionPreferences from '@cloudscape-design/components/collection-preferences'
import Pagination from '@cloudscape-design/components/pagination'
import CloudscapeTable, { type TableProps } from '@cloudscape-design/components/table'
import { useRef, useState, type ReactNode } from 'react'
import type { Device } from '../../api/names'
import { isHighValue, nameOf, roleBasis, roleOf, roleWord, valueBasis } from '../../devices/device'
import { useKeys } from '../../state/keys'
import { remember, remembered } from '../../state/memory'
import { Score } from '../../ui/Band'
import { DeviceLink } from '../../ui/Link'
import { digits } from '../../ui/number'
import { Time, useZoneLabel } from '../../ui/Time'
import { visible, Wire } from '../../ui/Wire'
import type { Troubled } from './data'
import { columns, type Column, type Order } from './order'

interface Props {
  devices: readonly Device[]
  troubled?: Troubled
  order: Order
  setOrder: (o: Order) => void
  page: number // from 1
  setPage: (n: number) => void
  empty: ReactNode
  footer: ReactNode
}

// As many as a window of 1440 px has room for. The VPC stands behind the address already, where one is known, and high value behind the role.
const usual: readonly Column[] = ['name', 'address', 'role', 'detections', 'last', 'peers', 'offers']
const titles: Record<Column, string> = {
  name: 'Device', address: 'Address', role: 'Role', value: 'High value', detections: 'Open detections', peers: 'Peers', offers: 'Offers', last: 'Last seen', first: 'First seen', vpc: 'VPC',
  account: 'Account', instance: 'Instance', interface: 'Interface', vni: 'VNI', tags: 'Tags',
}

/** How many devices are drawn at once. */
const pageSize = 100

export function Table({ devices, troubled, order, setOrder, page, setPage, ...rest }: Props): ReactNode {
  const [shown, show] = useState<readonly string[]>(() => remembered('devices.columns')?.split(',') ?? usual)
  const zone = useZoneLabel()
  const root = useRef<HTMLDivElement>(null)
  useKeys([
    { key: 'j', does: 'Next device', run: () => step(root.current, 1) },
    { key: 'k', does: 'Device before', run: () => step(root.current, -1) },
  ])
  const pages = Math.max(1, Math.ceil(devices.length / pageSize))
  const here = Math.min(Math.max(1, page), pages)
  const defined = definitions(zone, troubled)
  return (
    <div ref={root}>
      <CloudscapeTable
        {...rest} items={devices.slice((here - 1) * pageSize, here * pageSize)} trackBy="id" variant="container" wrapLines={false} contentDensity="compact" resizableColumns stickyColumns={{ first: 1 }}
        pagination={pages > 1 ? <Pagination currentPageIndex={here} pagesCount={pages} onChange={(e) => setPage(e.detail.currentPageIndex)} /> : undefined}
        ariaLabels={{ tableLabel: 'Devices' }}
        columnDefinitions={defined} columnDisplay={columns.map((id) => ({ id, visible: id === 'name' || shown.includes(id) }))}
        sortingColumn={defined.find((c) => c.id === order.by)} sortingDescending={order.down}
        onSortingChange={(e) => setOrder({ by: (columns.find((c) => c === e.detail.sortingColumn.sortingField) ?? 'last'), down: e.detail.isDescending === true })}
        preferences={
          <CollectionPreferences
            title="Columns" confirmLabel="Show" cancelLabel="Cancel" preferences={{ visibleContent: shown }}
            visibleContentPreference={{ title: 'Columns', options: [{ label: '', options: columns.map((id) => ({ id, label: titles[id], editable: id !== 'name' })) }] }}
            onConfirm={(e) => {
              const next = e.detail.visibleContent ?? usual
              remember('devices.columns', next.join(','))
              show(next)
            }}
          />
        }
      />
    </div>
  )
}

function definitions(zone: string, troubled: Troubled | undefined): TableProps.ColumnDefinition<Device>[] {
  const cells: Record<Column, [cell: (d: Device) => ReactNode, width: number]> = {
    name: [(d) => <DeviceLink id={d.id} name={nameOf(d)} />, 135],
    address: [(d) => <Placed d={d} />, 172],
    role: [(d) => <Role of={d} />, 228],
    value: [(d) => (isHighValue(d) ? 'Yes' : '–'), 135],
    detections: [(d) => <Troubles of={d} troubled={troubled} />, 172],
    peers: [(d) => digits(d.peers), 96],
    offers: [(d) => <Offers of={d} />, 125],
    last: [(d) => <Time at={d.last_seen} />, 170],
    first: [(d) => <Time at={d.first_seen} />, 175],
    vpc: [(d) => text(d.vpc), 170],
    account: [(d) => text(d.account), 150],
    instance: [(d) => text(d.instance), 190],
    interface: [(d) => text(d.interface), 200],
    vni: [(d) => d.vni ?? '–', 85],
    tags: [(d) => text(Object.entries(d.tags ?? {}).map(([k, v]) => `${k}=${v}`).join(' ')), 220],
  }
  return columns.map((id) => ({
    id, header: id === 'last' || id === 'first' ? `${titles[id]} (${zone})` : titles[id], cell: cells[id][0], width: cells[id][1], minWidth: 80, sortingField: id, isRowHeader: id === 'name',
  }))
}

const text = (t: string | undefined): ReactNode => (t ? <Wire length={100}>{t}</Wire> : '–')

// The same address is that of many: where it was heard tells them apart.
function Placed({ d }: { d: Device }): ReactNode {
  const scope = d.id.endsWith(`/${d.address}`) ? d.id.slice(0, -d.address.length - 1) : undefined
  return <><Wire mono length={45}>{d.address}</Wire>{scope && <span className="mw-dim"> <Wire length={40}>{scope}</Wire></span>}</>
}

function Role({ of }: { of: Device }): ReactNode {
  const [basis, value] = [roleBasis(of), valueBasis(of)]
  return (
    <>
      {basis
        ? <span title={visible(`${basis.sure}. ${basis.why}`)}><Wire length={40}>{roleWord(roleOf(of))}</Wire>{of.overrides.role && <span className="mw-dim"> (said)</span>}</span>
        : <span className="mw-dim">Not known</span>}
      {value && <span className="mw-device-value" title={visible(value)}>High value</span>}
    </>
  )
}

function Troubles({ of, troubled }: { of: Device; troubled?: Troubled }): ReactNode {
  if (!troubled) return <span className="mw-dim">–</span>
  const n = troubled.of.get(of.id)
  if (n) return <span><Score score={n.worst} /> {digits(n.open)}</span>
  return troubled.whole ? '0' : <span className="mw-dim" title="Not among the devices with the most detections: see its page">few or none</span>
}

function Offers({ of }: { of: Device }): ReactNode {
  const all = of.offers ?? []
  if (all.length === 0) return '–'
  const names = all.slice(0, 4).map((s) => (s.name ? `${s.name}/${s.port}` : `${s.proto}/${s.port}`))
  return <Wire length={80}>{names.join(', ') + (all.length > 4 ? ` and ${all.length - 4} more` : '')}</Wire>
}

function step(root: HTMLElement | null, by: 1 | -1): void {
  const all = [...(root?.querySelectorAll<HTMLElement>('tbody .mw-device a') ?? [])]
  const now = all.findIndex((a) => a === document.activeElement)
  all[now < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, now + by))]?.focus()
}
