// The page of devices: everything that was ever heard, and how to find one of them.
import Button from '@cloudscape-design/components/button'
import PropertyFilter, { type PropertyFilterProps } from '@cloudscape-design/components/property-filter'
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import Select from '@cloudscape-design/components/select'
import { useMemo, useRef, type ReactNode } from 'react'
import type { Device } from '../../api/names'
import type { Pages } from '../../api/pages'
import { knownRoles, roleOf, roleWord } from '../../devices/device'
import { csv, fileName, saveText } from '../../export/rows'
import { useKeys } from '../../state/keys'
import { useView, type Query } from '../../state/url'
import { digits } from '../../ui/number'
import { Page } from '../../ui/Page'
import { Read } from '../../ui/Panel'
import { visible } from '../../ui/Wire'
import { useDevices, useTroubled } from './data'
import { properties, queryOf, sideOf, tokensOf } from './filter'
import { ordered, orderOf, orderText } from './order'
import { rowsOf } from './rows'
import { Table } from './Table'
import './devices.css'

const seenOptions = [
  { value: '', label: 'Seen at any time' }, { value: '1h', label: 'Seen in the last hour' }, { value: '1d', label: 'Seen in the last day' }, { value: '7d', label: 'Seen in the last 7 days' }, { value: '30d', label: 'Seen in the last 30 days' },
]

export default function Devices(): ReactNode {
  const [query, change] = useView()
  const pages = useDevices(query)
  const troubled = useTroubled()
  const order = orderOf(query.sort)
  const all = pages.data?.items
  const devices = useMemo(() => ordered(all ?? [], order, troubled.data?.of ?? new Map()), [all, query.sort, troubled.data]) // eslint-disable-line
  return (
    <Page
      title="Devices" counter={pages.data && `${digits(devices.length)}${pages.more ? ', and more' : ''}`} of={[pages, troubled]}
      actions={<Button disabled={devices.length === 0} disabledReason="There is nothing to export." onClick={() => saveText(fileName('devices', Date.now()), csv(...rowsOf(devices, troubled.data)))}>Export CSV</Button>}
    >
      <div className="mw-device-find">
        <Filter query={query} change={change} of={all ?? []} />
        <Sides query={query} change={change} />
      </div>
      <Read of={pages} lines={8}>
        {() => (
          <Table
            devices={devices} troubled={troubled.data} order={order} setOrder={(o) => change({ sort: orderText(o), page: undefined })} page={Number(query.page) || 1} setPage={(n) => change({ page: n > 1 ? String(n) : undefined })}
            empty={<Nothing query={query} change={change} />}
            footer={<More of={pages} />}
          />
        )}
      </Read>
    </Page>
  )
}

type Change = (q: Query, how?: { push?: boolean }) => void

function Sides({ query, change }: { query: Query; change: Change }): ReactNode {
  return (
    <div className="mw-device-sides">
      <Select
        ariaLabel="When it was seen" selectedOption={seenOptions.find((o) => o.value === (query.seen ?? '')) ?? seenOptions[0] ?? null} options={seenOptions}
        onChange={(e) => change({ seen: e.detail.selectedOption.value, page: undefined }, { push: true })}
      />
      <SegmentedControl
        label="Where" selectedId={sideOf(query)} onChange={(e) => change({ side: e.detail.selectedId, page: undefined }, { push: true })}
        options={[{ id: 'internal', text: 'Internal' }, { id: 'external', text: 'External' }, { id: 'all', text: 'All' }]}
      />
    </div>
  )
}

function Filter({ query, change, of }: { query: Query; change: Change; of: readonly Device[] }): ReactNode {
  const field = useRef<PropertyFilterProps.Ref>(null)
  useKeys([{ key: 'f', does: 'To the filter', run: () => field.current?.focus() }])
  return (
    <PropertyFilter
      ref={field} query={tokensOf(query)} onChange={(e) => change({ ...queryOf(e.detail.tokens), page: undefined }, { push: true })} hideOperations
      filteringPlaceholder="Name, address, instance, interface or tag" filteringAriaLabel="Find devices"
      filteringProperties={properties.map(([key, label]) => ({ key, propertyLabel: label, groupValuesLabel: `${label}: values`, operators: ['='] }))}
      freeTextFiltering={{ operators: [':'], defaultOperator: ':' }}
      filteringOptions={optionsOf(of)}
    />
  )
}

/** The values that are offered: the roles there are, and whatever the devices that were read have. */
function optionsOf(devices: readonly Device[]): PropertyFilterProps.FilteringOption[] {
  const of = (propertyKey: string, values: Iterable<string | undefined>) =>
    [...new Set(values)].filter((v): v is string => !!v).slice(0, 200).map((value) => ({ propertyKey, value, label: visible(value, 80) }))
  return [
    ...[...new Set([...knownRoles, ...devices.map(roleOf)])].filter(Boolean).map((value) => ({ propertyKey: 'role', value, label: visible(value, 64), tags: [roleWord(value)] })),
    { propertyKey: 'high', value: 'yes' }, { propertyKey: 'high', value: 'no' },
    ...of('vpc', devices.map((d) => d.vpc)), ...of('account', devices.map((d) => d.account)), ...of('vni', devices.map((d) => d.vni?.toString())),
    ...of('service', devices.flatMap((d) => d.offers?.map((s) => s.name || String(s.port)) ?? [])),
  ]
}

function Nothing({ query, change }: { query: Query; change: Change }): ReactNode {
  const narrowed = tokensOf(query).tokens.length > 0 || query.seen
  const side = sideOf(query)
  return (
    <div className="mw-device-nothing">
      <b>No device matches.</b>
      {narrowed && <Button onClick={() => change({ ...queryOf([]), seen: undefined }, { push: true })}>Clear the filter</Button>}
      {side !== 'all' && <Button onClick={() => change({ side: 'all' }, { push: true })}>Look {side === 'internal' ? 'outside' : 'inside'} too</Button>}
      {!narrowed && side === 'all' && <span>A device appears with its first packet. Coverage says which interfaces are watched.</span>}
    </div>
  )
}

function More({ of }: { of: Pages<Device> }): ReactNode {
  if (!of.more) return null
  return (
    <div className="mw-device-more">
      <span className="mw-quiet">Sorted are the {digits(of.data?.items.length ?? 0)} devices that were read; there are more.</span>
      <Button onClick={of.more} loading={of.bringing} loadingText="Reading more">Read more</Button>
    </div>
  )
}
