// One interface: everything that is known of it, and what would change its state.
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import { Copy } from '../../ui/Copy'
import { devicePath, Go } from '../../ui/Link'
import { digits } from '../../ui/number'
import { Time } from '../../ui/Time'
import { Wire } from '../../ui/Wire'
import { Bindings } from './Bindings'
import type { Coverage } from './logic'
import { remedies } from './remedy'
import { stateOf } from './states'

export function Detail({ c, close }: { c: Coverage; close: () => void }): ReactNode {
  const words = stateOf(c.state)
  const known = c.interface.startsWith('eni-')
  return (
    <Container header={<Header variant="h2" actions={<Button iconName="close" variant="icon" ariaLabel="Close" onClick={close} />} description={<Wire mono length={64}>{c.name ? c.interface : ''}</Wire>}><Wire length={80}>{c.name ?? c.interface}</Wire></Header>}>
      <SpaceBetween size="l">
        <div>
          <StatusIndicator type={words.sign}>{words.name}</StatusIndicator> <span className="mw-quiet">since <Time at={c.changed} label />{c.was && `, before that ${stateOf(c.was).name.toLowerCase()}`}</span>
          <p className="mw-detail-text">{words.means} {c.reason && <><b>Why:</b> <Wire length={1024}>{c.reason}</Wire></>}</p>
          {c.fix && <p className="mw-detail-text"><b>What would change it:</b> <Wire length={1024}>{c.fix}</Wire></p>}
          <p className="mw-detail-text mw-quiet">The mirror loop {words.loop}.</p>
        </div>
        {remedies(c).map((r) => (
          <div key={r.text}>
            <div className="mw-quiet">{r.what}</div>
            <div className="mw-command"><pre tabIndex={0} aria-label={r.what}>{r.text}</pre><Copy text={r.text} what="Text" /></div>
          </div>
        ))}
        <KeyValuePairs columns={4} minColumnWidth={170} items={facts(c)} />
        {(known || c.vni !== undefined) && <Bindings of={known ? { interface: c.interface } : { vni: c.vni }} />}
        <SpaceBetween direction="horizontal" size="m">
          {known && <Go to={devicePath(c.interface)}>Device</Go>}
          {c.vni !== undefined && <Go to="/activity-map" query={{ vni: String(c.vni) }}>Activity map</Go>}
        </SpaceBetween>
      </SpaceBetween>
    </Container>
  )
}

function facts(c: Coverage): { label: string; value: ReactNode }[] {
  const text = (label: string, value: string | undefined) => ({ label, value: value ? <Wire mono length={100}>{value}</Wire> : '–' })
  const tags = Object.entries(c.tags ?? {})
  return [
    text('Account', c.account), text('Region', c.region), text('VPC', c.vpc), text('Subnet', c.subnet), text('Instance', c.instance), text('Addresses', c.addresses?.join(' ')),
    text('Session', c.session), text('VNI', c.vni?.toString()), text('Sensor', c.sensor),
    { label: 'Last packet', value: c.last_seen ? <Time at={c.last_seen} label /> : 'None was told of' },
    { label: 'Packets since the sensor began', value: c.packets === undefined ? '–' : digits(c.packets) },
    { label: 'Tags', value: tags.length === 0 ? '–' : <ul className="mw-tags">{tags.map(([k, v]) => <li key={k}><Wire length={100}>{`${k}=${v}`}</Wire></li>)}</ul> },
  ]
}
