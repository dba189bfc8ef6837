// Choosing what the map is of.
import Autosuggest, { type AutosuggestProps } from '@cloudscape-design/components/autosuggest'
import ColumnLayout from '@cloudscape-design/components/column-layout'
import { useState, type ReactNode } from 'react'
import { api, told } from '../../api/client'
import { useRead, type Reading } from '../../api/read'
import { counted } from '../../ui/number'
import { useKept } from '../../state/kept'
import { Panel } from '../../ui/Panel'
import { Go } from '../../ui/Link'
import { visible, Wire } from '../../ui/Wire'
import type { Offer, Offers } from './offers'
import { readScope, scopeText, toScope, type Scope } from './scope'

/** One box for every kind of scope: what is meant is told by its look. */
export function ScopeBox({ scope, offers, choose }: { scope?: Scope; offers?: Offers; choose: (s: Scope) => void }): ReactNode {
  const now = scope ? scope.value : ''
  const [typed, type] = useState<string>()
  const text = typed ?? now
  const devices = useDevices(typed ?? '')
  const take = (value: string) => {
    const s = readScope(value)
    if (!s) return
    choose(s)
    type(undefined)
  }
  return (
    <Autosuggest
      value={text}
      onChange={(e) => type(e.detail.value)}
      onSelect={(e) => take(e.detail.value)}
      onKeyDown={(e) => { if (e.detail.key === 'Escape') type(undefined) }}
      onBlur={() => type(undefined)}
      options={optionsOf(offers, devices.data)}
      enteredTextLabel={(v) => entered(v)}
      placeholder="Address, network, VPC, VNI or device"
      ariaLabel="What the map is of"
      empty="Nothing is offered. Type an address, a network, a VPC, a VNI or the id of a device."
      statusType={devices.refreshing ? 'loading' : 'finished'}
      loadingText="Looking for devices"
      clearAriaLabel="Clear"
    />
  )
}

function entered(value: string): string {
  const s = readScope(value)
  return s ? `Show ${scopeText(s).join(' ')}` : `"${visible(value, 60)}" is no address, network, VPC, VNI or device`
}

function useDevices(text: string): Reading<AutosuggestProps.Option[]> {
  return useRead(
    ['devices', 'named', text],
    async (signal) => {
      const found = await told(api.GET('/v1/devices', { signal, params: { query: { text, limit: 10 } } }))
      return found.items.map((d) => ({ value: d.id, label: visible(d.overrides.name || d.hostname || d.address, 80), description: visible(d.id, 80), filteringTags: [text] }))
    },
    { when: text.length >= 2, keep: true },
  )
}

function optionsOf(offers: Offers | undefined, devices: AutosuggestProps.Option[] | undefined): AutosuggestProps.Options {
  const group = (label: string, list: readonly Offer[] | undefined, unit: string) => ({
    label, options: (list ?? []).map((o) => ({ value: o.scope.value, label: o.scope.kind === 'vni' ? `VNI ${o.scope.value}` : visible(o.scope.value, 80), description: counted(o.count, unit) })),
  })
  return [
    ...(devices && devices.length > 0 ? [{ label: 'Devices', options: devices }] : []),
    group('VPCs', offers?.vpcs, 'interface'), group('Networks', offers?.networks, 'conversation'), group('Busiest hosts', offers?.hosts, 'conversation'),
    group('Observation points', offers?.points, 'conversation'),
  ].filter((g) => g.options.length > 0)
}

/** What to begin with, where no scope was chosen. */
export function OffersPanel({ of }: { of: Reading<Offers> }): ReactNode {
  return (
    <Panel
      title="What shall the map be of?"
      description="A map is always of something: of everything at once nobody would see anything. The busiest come first."
      of={of} lines={8}
      empty={(o) => (o.networks.length + o.vpcs.length + o.points.length + o.hosts.length === 0
        ? <>Nothing was heard in this time. Choose a longer time, or see in <Go to="/coverage">Coverage</Go> whether packets arrive.</> : undefined)}
    >
      {(o) => (
        <ColumnLayout columns={4} minColumnWidth={200}>
          <Column title="VPCs" list={o.vpcs} unit="interface" none="No inventory names a VPC." />
          <Column title="Networks" list={o.networks} unit="conversation" none="No private network was heard." />
          <Column title="Busiest hosts" list={o.hosts} unit="conversation" none="No host was heard." />
          <Column title="Observation points" list={o.points} unit="conversation" none="No VNI was heard." />
        </ColumnLayout>
      )}
    </Panel>
  )
}

function Column({ title, list, unit, none }: { title: string; list: readonly Offer[]; unit: string; none: string }): ReactNode {
  const kept = useKept()
  return (
    <section aria-label={title}>
      <h3 className="mw-offers-title">{title}</h3>
      {list.length === 0 ? <p className="mw-quiet">{none}</p> : (
        <ul className="mw-offers">
          {list.map((o) => (
            <li key={o.scope.value}>
              <Go to="/activity-map" query={{ ...kept, ...toScope(o.scope) }}>{o.scope.kind === 'vni' ? `VNI ${o.scope.value}` : <Wire mono length={60}>{o.scope.value}</Wire>}</Go>
              <span className="mw-quiet">{counted(o.count, unit)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
