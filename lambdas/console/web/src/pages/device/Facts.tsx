// Who a device is, in one look.
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs, { type KeyValuePairsProps } from '@cloudscape-design/components/key-value-pairs'
import Toggle from '@cloudscape-design/components/toggle'
import type { ReactNode } from 'react'
import { api, told } from '../../api/client'
import { useChange } from '../../api/change'
import type { Device } from '../../api/names'
import { roleBasis, roleOf, roleWord, valueBasis } from '../../devices/device'
import { useDenied } from '../../state/me'
import { lasting } from '../../state/zone'
import { Copy } from '../../ui/Copy'
import { Go } from '../../ui/Link'
import { digits } from '../../ui/number'
import { Time } from '../../ui/Time'
import { Wire } from '../../ui/Wire'

export function Facts({ d, edit }: { d: Device; edit: () => void }): ReactNode {
  return (
    <Container header={<Header variant="h2">What it is</Header>}>
      <KeyValuePairs columns={4} minColumnWidth={210} items={[...mostTelling(d, edit), ...places(d), ...said(d)]} />
    </Container>
  )
}

type Items = KeyValuePairsProps.Pair[]

function mostTelling(d: Device, edit: () => void): Items {
  return [
    { label: 'Role', value: <Role d={d} edit={edit} /> },
    { label: 'High value', value: <HighValue d={d} /> },
    { label: 'Last seen', value: <Time at={d.last_seen} label /> },
    { label: 'First seen', value: <><Time at={d.first_seen} label /><div className="mw-quiet mw-fine">known for {lasting(Date.parse(d.last_seen) - Date.parse(d.first_seen))}</div></> },
  ]
}

function places(d: Device): Items {
  const id = (label: string, text: string | undefined): Items => (text ? [{ label, value: <><Wire mono length={80}>{text}</Wire> <Copy text={text} what={label} /></> }] : [])
  const subnet = d.groups?.find((g) => g.startsWith('subnet:'))?.slice('subnet:'.length)
  return [
    ...id('Instance', d.instance), ...id('Network interface', d.interface), ...id('VPC', d.vpc), ...id('AWS account', d.account), ...id('MAC address', d.mac),
    ...(subnet ? [{ label: 'Network', value: <Go to="/devices" query={{ address: subnet }}><Wire mono>{subnet}</Wire></Go> }] : []),
    ...(d.vni ? [{ label: 'Observed under', value: <Go to="/devices" query={{ vni: String(d.vni) }}>VNI {d.vni}</Go> }] : []),
    { label: 'Peers', value: digits(d.peers) },
  ]
}

function said(d: Device): Items {
  const tags = Object.entries(d.tags ?? {})
  return [
    ...(tags.length > 0 ? [{ label: 'Tags', value: <ul className="mw-plain">{tags.map(([k, v]) => <li key={k}><Wire length={60}>{k}</Wire> = <Wire length={80}>{v}</Wire></li>)}</ul> }] : []),
    ...(d.overrides.note ? [{ label: 'Note', value: <Wire whole length={300}>{d.overrides.note}</Wire> }] : []),
  ]
}

function Role({ d, edit }: { d: Device; edit: () => void }): ReactNode {
  const basis = roleBasis(d)
  const denied = useDenied('updateDevice')
  const others = (d.roles ?? []).filter((r) => r.role !== roleOf(d))
  return (
    <div>
      {basis ? <b><Wire length={64}>{roleWord(roleOf(d))}</Wire></b> : 'Not known'}{' '}
      <Button variant="inline-link" onClick={edit} disabled={denied !== undefined} disabledReason={denied} ariaLabel="Change the role">Change</Button>
      <div className="mw-quiet mw-fine">{basis ? <>{basis.sure}. <Wire length={300}>{basis.why}</Wire></> : 'Its conduct has shown none yet. Whoever knows it can say so.'}</div>
      {others.map((r) => <div key={r.role} className="mw-quiet mw-fine">Also <Wire length={64}>{roleWord(r.role)}</Wire> since <Time at={r.since} label />: <Wire length={300}>{r.evidence}</Wire></div>)}
    </div>
  )
}

// What conduct shows cannot be taken back by people: they can only add to it.
function HighValue({ d }: { d: Device }): ReactNode {
  const denied = useDenied('updateDevice')
  const change = useChange(
    (high_value: boolean) => told(api.PATCH('/v1/devices/{id}', { params: { path: { id: d.id }, header: { 'If-Match': `"${d.revision ?? 0}"` } }, body: { high_value } })),
    { touches: ['device', 'devices'], says: (now) => ({ text: now.overrides.high_value ? 'Marked as of high value: what happens to it counts for more from now on.' : 'The mark of high value is taken off.' }) },
  )
  const shown = d.high_value === true && !d.overrides.high_value
  const basis = valueBasis(d)
  return (
    <div>
      <Toggle
        checked={basis !== undefined} disabled={denied !== undefined || shown || change.busy} onChange={(e) => change.run(e.detail.checked)}
        description={denied ?? basis ?? 'Detections of a device of high value weigh more.'}
      >
        {basis ? 'Yes' : 'No'}
      </Toggle>
    </div>
  )
}
