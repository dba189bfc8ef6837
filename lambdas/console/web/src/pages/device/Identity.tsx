// Who a device is and was: what it was called, and what had its address or interface before.
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import type { Device } from '../../api/names'
import { nameOf, sourceWord } from '../../devices/device'
import { devicePath, Go } from '../../ui/Link'
import { digits } from '../../ui/number'
import { Read } from '../../ui/Panel'
import { Time } from '../../ui/Time'
import { Wire } from '../../ui/Wire'
import { useBindings, useNamesakes } from './data'

export function Identity({ d }: { d: Device }): ReactNode {
  return (
    <Container header={<Header variant="h2" description="Names, addresses and interfaces">Identity</Header>}>
      <div className="mw-halves">
        <Names d={d} />
        <div>
          <Bindings d={d} />
          <Namesakes d={d} />
        </div>
      </div>
    </Container>
  )
}

const mostNames = 50

function Names({ d }: { d: Device }): ReactNode {
  const names = d.names ?? []
  return (
    <section aria-label="Names">
      <h3 className="mw-h3">Names <span className="mw-quiet">({digits(names.length)})</span></h3>
      {names.length === 0 && !d.overrides.name && <p className="mw-quiet">Nothing has called it by a name.</p>}
      <ul className="mw-plain mw-rows">
        {d.overrides.name && <li><Wire length={128}>{d.overrides.name}</Wire> <span className="mw-quiet">said by people</span></li>}
        {names.slice(0, mostNames).map((n) => <li key={`${n.source} ${n.text}`}><Wire length={120} whole>{n.text}</Wire> <span className="mw-quiet">by {sourceWord(n.source)}</span></li>)}
        {names.length > mostNames && <li className="mw-quiet">and {digits(names.length - mostNames)} more</li>}
      </ul>
    </section>
  )
}

function Bindings({ d }: { d: Device }): ReactNode {
  const bindings = useBindings(d)
  if (!d.interface && !d.vni) return null
  const title = d.interface ? 'Mirrored under' : `Interfaces under VNI ${d.vni}`
  return (
    <section aria-label={title}>
      <h3 className="mw-h3">{title}</h3>
      <Read of={bindings} lines={2} empty={(b) => (b.items.length === 0 ? 'No mirror session is known that filled it.' : undefined)}>
        {(b) => <ul className="mw-plain mw-rows">{b.items.slice(0, 30).map((one) => <Binding key={`${one.vni} ${one.interface} ${one.from}`} of={one} />)}</ul>}
      </Read>
    </section>
  )
}

function Binding({ of }: { of: Schemas['Binding'] }): ReactNode {
  return (
    <li>
      <Go to={devicePath(of.interface)}><Wire mono>{of.interface}</Wire></Go> under VNI {of.vni}
      {of.addresses && of.addresses.length > 0 && <>, <Wire mono length={120}>{of.addresses.join(', ')}</Wire></>}
      {of.name && <>, <Wire length={80}>{of.name}</Wire></>}
      <div className="mw-quiet mw-fine"><Time at={of.from} label /> to {of.to ? <Time at={of.to} label /> : 'now'}</div>
    </li>
  )
}

function Namesakes({ d }: { d: Device }): ReactNode {
  const same = useNamesakes(d)
  return (
    <section aria-label="Others with this address">
      <h3 className="mw-h3">Others with the address <Wire mono>{d.address}</Wire></h3>
      <Read of={same} lines={2} empty={(s) => (s.items.every((o) => o.id === d.id) ? 'None: it is the only device with this address.' : undefined)}>
        {(s) => (
          <ul className="mw-plain mw-rows">
            {s.items.filter((o) => o.id !== d.id).map((o) => (
              <li key={o.id}><Go to={devicePath(o.id)}><Wire mono length={80}>{o.id}</Wire></Go>{nameOf(o) !== o.address && <> <Wire length={80}>{nameOf(o)}</Wire></>}
                <div className="mw-quiet mw-fine"><Time at={o.first_seen} label /> to <Time at={o.last_seen} label /></div></li>
            ))}
            {s.next && <li><Go to="/devices" query={{ address: d.address }}>All of them</Go></li>}
          </ul>
        )}
      </Read>
    </section>
  )
}
