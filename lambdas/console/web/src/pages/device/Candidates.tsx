// An address that several devices have, or had: which one is meant.
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { ReactNode } from 'react'
import type { Device } from '../../api/names'
import { nameOf, roleOf, roleWord } from '../../devices/device'
import { devicePath, Go } from '../../ui/Link'
import { counted } from '../../ui/number'
import { Time } from '../../ui/Time'
import { Wire } from '../../ui/Wire'

/** Lets one choose. An address is used again in other VPCs, and under other observation points. */
export function Candidates({ of, complete, address }: { of: readonly Device[]; complete: boolean; address: string }): ReactNode {
  const newest = [...of].sort((a, b) => Date.parse(b.last_seen) - Date.parse(a.last_seen))
  return (
    <Container header={<Header variant="h2" description={<>The address <Wire mono>{address}</Wire> alone does not say which.</>}>{counted(of.length, 'device')} with this address</Header>}>
      <ul className="mw-plain mw-rows">
        {newest.map((d) => (
          <li key={d.id}>
            <Go to={devicePath(d.id)}><Wire>{nameOf(d) === d.address ? d.id : nameOf(d)}</Wire></Go>{' '}
            <span className="mw-quiet">
              {nameOf(d) !== d.address && <><Wire mono>{d.id}</Wire>, </>}{roleOf(d) && <><Wire length={40}>{roleWord(roleOf(d))}</Wire>, </>}{counted(d.peers, 'peer')}, last seen <Time at={d.last_seen} label />
            </span>
          </li>
        ))}
      </ul>
      {!complete && <p className="mw-quiet">There are more: <Go to="/devices" query={{ address }}>all of them in the list</Go>.</p>}
    </Container>
  )
}
