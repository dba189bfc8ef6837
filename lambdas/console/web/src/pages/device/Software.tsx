// What runs on a device, as it shows on the wire.
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import Table from '@cloudscape-design/components/table'
import type { ReactNode } from 'react'
import type { Device } from '../../api/names'
import { softwareQuery, softwareWord } from '../../devices/device'
import { recordsPath, recordsQuery } from '../../records/link'
import { comparison } from '../../records/write'
import { Copy } from '../../ui/Copy'
import { Go } from '../../ui/Link'
import { digits } from '../../ui/number'
import { Empty } from '../../ui/Panel'
import { Time, useZoneLabel } from '../../ui/Time'
import { visible, Wire } from '../../ui/Wire'

export function Software({ d }: { d: Device }): ReactNode {
  const zone = useZoneLabel()
  const all = [...(d.software ?? [])].sort((a, b) => Date.parse(b.last_seen) - Date.parse(a.last_seen))
  return (
    <Container header={<Header variant="h2" counter={`(${digits(all.length)})`} description="As it shows in TLS, SSH and HTTP; last seen first">Software</Header>}>
      {all.length === 0 ? <Empty>No handshake or header of its own has been seen that would tell.</Empty> : (
        <Table
          variant="embedded" contentDensity="compact" items={all} ariaLabels={{ tableLabel: 'Software' }} wrapLines
          columnDefinitions={[
            { id: 'kind', header: 'Kind', cell: (s) => softwareWord(s.kind), minWidth: 150 },
            { id: 'text', header: 'What shows', cell: (s) => <><Wire mono length={120} whole>{s.text}</Wire> <Copy text={s.text} what={softwareWord(s.kind)} /></>, minWidth: 280, isRowHeader: true },
            { id: 'count', header: 'Records', cell: (s) => <Found kind={s.kind} text={s.text} count={s.count} address={d.address} /> },
            { id: 'first', header: `First seen (${zone})`, cell: (s) => <Time at={s.first_seen} />, minWidth: 170 },
            { id: 'last', header: `Last seen (${zone})`, cell: (s) => <Time at={s.last_seen} />, minWidth: 170 },
          ]}
        />
      )}
    </Container>
  )
}

function Found({ kind, text, count, address }: { kind: string; text: string; count: number; address: string }): ReactNode {
  const field = softwareQuery(kind)
  if (!field) return digits(count)
  return <Go to={recordsPath} query={recordsQuery({ query: `addr = ${address} and ${comparison({ field, op: '=', value: text })}` })}>{digits(count)}<span className="mw-hidden"> records with {visible(text, 40)}</span></Go>
}
