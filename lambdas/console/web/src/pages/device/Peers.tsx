// With whom a device had to do.
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import Table from '@cloudscape-design/components/table'
import { useState, type ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import type { Device } from '../../api/names'
import { recordsPath, recordsQuery } from '../../records/link'
import type { Span } from '../../state/span'
import { DeviceLink, Go } from '../../ui/Link'
import { bytes, digits } from '../../ui/number'
import { Read } from '../../ui/Panel'
import { Time } from '../../ui/Time'
import { visible, Wire } from '../../ui/Wire'
import { recordsOfDevice } from '../../devices/device'
import { peersShown, usePeers } from './data'

type Peer = Schemas['Peer']

export function Peers({ d, span }: { d: Device; span: Span }): ReactNode {
  const [limit, setLimit] = useState(peersShown)
  const peers = usePeers(d.id, span, limit)
  // Where no records are kept, what the device itself remembers of its last conversations is all there is.
  const kept = peers.state === 'failed' && peers.problem?.status === 404 ? d.top_peers : undefined
  return (
    <Container
      header={<Header variant="h2" counter={peers.data && `(${digits(peers.data.items.length)}${peers.data.total > peers.data.items.length ? ` of ${digits(peers.data.total)}` : ''})`} description={kept ? 'Of its last conversations, those with the most bytes; records are not kept here' : 'In the time chosen above, most conversations first'}>Peers</Header>}
    >
      {kept ? <Kept of={kept} /> : (
        <Read of={peers} lines={6} empty={(p) => (p.items.length === 0 ? 'It had to do with nobody in this time. Choose a longer one above.' : undefined)}>
          {(p) => (
            <>
              <Listed d={d} of={p.items} span={span} />
              {p.total > p.items.length && limit < 500 && <div className="mw-center"><Button onClick={() => setLimit(500)}>Show {digits(Math.min(500, p.total))}</Button></div>}
            </>
          )}
        </Read>
      )}
    </Container>
  )
}

function Listed({ d, of, span }: { d: Device; of: readonly Peer[]; span: Span }): ReactNode {
  const both = (p: Peer) => recordsQuery({ query: `${recordsOfDevice(d)} and addr = ${p.address}`, ...(span.last ? {} : span) })
  return (
    <Table
      variant="embedded" contentDensity="compact" wrapLines={false} items={of} trackBy="address" resizableColumns ariaLabels={{ tableLabel: `Peers of ${visible(d.address, 60)}` }}
      columnDefinitions={[
        { id: 'peer', header: 'Peer', cell: (p) => <DeviceLink id={p.device} name={p.hostname} address={p.address} />, width: 260, minWidth: 120, isRowHeader: true },
        { id: 'where', header: 'Where', cell: (p) => (p.external ? 'Outside' : 'Inside'), width: 90 },
        { id: 'asked', header: 'It began', cell: (p) => digits(p.asked), width: 95 },
        { id: 'answered', header: 'Peer began', cell: (p) => digits(p.answered), width: 110 },
        { id: 'sent', header: 'Sent', cell: (p) => bytes(p.bytes_sent), width: 95 },
        { id: 'received', header: 'Received', cell: (p) => bytes(p.bytes_received), width: 100 },
        { id: 'services', header: 'Services', cell: (p) => <Wire length={100}>{p.services.join(', ') || '–'}</Wire>, width: 200, minWidth: 100 },
        { id: 'records', header: 'Records', cell: (p) => <Go to={recordsPath} query={{ ...both(p), last: span.last }}>Records<span className="mw-hidden"> with {visible(p.address, 60)}</span></Go>, width: 100 },
      ]}
    />
  )
}

function Kept({ of }: { of: NonNullable<Device['top_peers']> }): ReactNode {
  return (
    <Table
      variant="embedded" contentDensity="compact" wrapLines={false} items={of} ariaLabels={{ tableLabel: 'Last peers' }}
      columnDefinitions={[
        { id: 'peer', header: 'Peer', cell: (p) => <DeviceLink id={p.device} name={p.hostname} address={p.address} />, isRowHeader: true },
        { id: 'as', header: 'The peer is', cell: (p) => p.as },
        { id: 'service', header: 'Over', cell: (p) => <Wire length={60}>{`${p.proto}/${p.port}${p.service ? ` (${p.service})` : ''}`}</Wire> },
        { id: 'count', header: 'Conversations', cell: (p) => digits(p.count) },
        { id: 'out', header: 'Sent', cell: (p) => bytes(p.bytes_out) },
        { id: 'in', header: 'Received', cell: (p) => bytes(p.bytes_in) },
        { id: 'last', header: 'Last', cell: (p) => <Time at={p.last_seen} label /> },
      ]}
    />
  )
}
