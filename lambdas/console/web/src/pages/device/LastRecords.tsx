// The last records of a device.
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { ReactNode } from 'react'
import type { Device } from '../../api/names'
import { recordsOfDevice } from '../../devices/device'
import { recordsPath, recordsQuery } from '../../records/link'
import { RecordTable } from '../../records/RecordTable'
import type { Span } from '../../state/span'
import { Go } from '../../ui/Link'
import { Read } from '../../ui/Panel'
import { useLastRecords } from './data'

export function LastRecords({ d, span }: { d: Device; span: Span }): ReactNode {
  const query = recordsOfDevice(d)
  const records = useLastRecords(query, span)
  const all = span.last ? { ...recordsQuery({ query }), last: span.last } : recordsQuery({ query, from: span.from, to: span.to })
  return (
    <Container header={<Header variant="h2" description="The last ten in the time chosen above" actions={<Go to={recordsPath} query={all}>All of them, to search in</Go>}>Records</Header>}>
      <Read of={records} lines={5} empty={(r) => (r.items.length === 0 ? 'None in this time. Choose a longer one above.' : undefined)}>
        {(r) => <RecordTable records={r.items} label="Last records" columns={['ts', 'kind', 'from', 'to', 'what']} />}
      </Read>
    </Container>
  )
}
