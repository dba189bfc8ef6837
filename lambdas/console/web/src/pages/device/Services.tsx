// What a device offers to others, and what it uses of theirs.
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import { useState, type ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import type { Device } from '../../api/names'
import { recordsPath, recordsQuery } from '../../records/link'
import { Go } from '../../ui/Link'
import { counted, digits } from '../../ui/number'
import { Wire } from '../../ui/Wire'

type Service = Schemas['DeviceService']

export function Services({ d }: { d: Device }): ReactNode {
  return (
    <Container header={<Header variant="h2" description="Since it was first seen">Services</Header>}>
      <div className="mw-halves">
        <Side title="Offers" of={d.offers ?? []} none="It has answered to nothing." who={['client', 'clients']} query={(s) => `id.resp_h = ${d.address} and id.resp_p = ${s.port}`} />
        <Side title="Uses" of={d.uses ?? []} none="It has asked for nothing." who={['server', 'servers']} query={(s) => `id.orig_h = ${d.address} and id.resp_p = ${s.port}`} />
      </div>
    </Container>
  )
}

interface SideProps {
  title: string
  of: readonly Service[]
  none: string
  who: [one: string, many: string]
  query: (s: Service) => string
}

const fewest = 12

function Side({ title, of, none, who, query }: SideProps): ReactNode {
  const [all, showAll] = useState(false)
  const sorted = [...of].sort((a, b) => b.count - a.count)
  const shown = all ? sorted : sorted.slice(0, fewest)
  return (
    <section aria-label={title}>
      <h3 className="mw-h3">{title} <span className="mw-quiet">({digits(of.length)})</span></h3>
      {of.length === 0 && <p className="mw-quiet">{none}</p>}
      <ul className="mw-plain mw-rows">
        {shown.map((s) => (
          <li key={`${s.proto} ${s.port} ${s.name}`}>
            <Go to={recordsPath} query={recordsQuery({ query: query(s) })}><Wire mono length={40}>{`${s.proto}/${s.port}`}</Wire></Go>{s.name && <> <Wire length={64}>{s.name}</Wire></>}
            <span className="mw-quiet">: {counted(s.count, 'conversation')}{s.peers !== undefined && `, ${counted(s.peers, ...who)}`}</span>
          </li>
        ))}
      </ul>
      {sorted.length > shown.length && <Button variant="inline-link" onClick={() => showAll(true)}>All {digits(sorted.length)}</Button>}
    </section>
  )
}
