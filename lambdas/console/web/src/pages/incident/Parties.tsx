import ColumnLayout from '@cloudscape-design/components/column-layout'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import type { Incident } from '../../api/names'
import { DeviceLink, Go } from '../../ui/Link'
import { counted } from '../../ui/number'
import { Wire } from '../../ui/Wire'

type Party = Schemas['IncidentParty']

const most = 32 // that the API names

/** Who did it, and to whom. */
export function Parties({ i }: { i: Incident }): ReactNode {
  return (
    <Container header={<Header variant="h2">Who took part</Header>}>
      <ColumnLayout columns={2} minColumnWidth={260}>
        <Side title="Offenders" role="offender" list={i.offenders} none="Nobody is known to have done it." />
        <Side title="Victims" role="victim" list={i.victims} none="It was against nobody in particular." />
      </ColumnLayout>
    </Container>
  )
}

function Side({ title, role, list, none }: { title: string; role: 'offender' | 'victim'; list: readonly Party[]; none: string }): ReactNode {
  const times = new Map<string, number>() // an address that several devices have: then the device's id tells them apart
  for (const p of list) if (p.address) times.set(p.address, (times.get(p.address) ?? 0) + 1)
  return (
    <section aria-label={title} className={`mw-party-side mw-party-${role}`}>
      <h3>{title}</h3>
      {list.length === 0 && <p className="mw-quiet">{none}</p>}
      <ul className="mw-incident-plain">
        {list.map((p, n) => (
          <li key={p.device ?? p.address ?? p.instance ?? p.name ?? n}>
            <DeviceLink id={p.device} name={p.name} address={p.address ?? p.instance} />
            <div className="mw-quiet">
              {p.external ? 'outside' : 'inside'} · {p.address ? <Go to="/detections" query={{ [`${role}.address`]: p.address, last: '31d' }}>{counted(p.count, 'detection')}</Go> : counted(p.count, 'detection')}
              {p.device && p.device !== p.address && (times.get(p.address ?? '') ?? 0) > 1 && <> · <Wire mono length={80}>{p.device}</Wire></>}
              {p.instance && <> · <Wire mono length={40}>{p.instance}</Wire></>}
            </div>
          </li>
        ))}
      </ul>
      {list.length >= most && <p className="mw-quiet">Those of most detections are named; there may be more.</p>}
    </section>
  )
}
