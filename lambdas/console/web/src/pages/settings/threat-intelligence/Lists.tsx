import StatusIndicator from '@cloudscape-design/components/status-indicator'
import Table from '@cloudscape-design/components/table'
import type { ReactNode } from 'react'
import type { Schemas } from '../../../api/client'
import { Wire } from '../../../ui/Wire'
import { counted, digits } from '../../../ui/number'
import type { Report } from './ThreatIntelligence'
import '../settings.css'

type List = Schemas['IntelList']

const formats: Record<string, string> = { csv: 'CSV', list: 'One value a line', zeek: 'Zeek', stix: 'STIX 2.1', '': 'Nothing in it' }
const kinds: Record<string, [one: string, many: string]> = {
  address: ['address or network', 'addresses and networks'], domain: ['domain', 'domains'], url: ['URL', 'URLs'], ja3: ['JA3', 'JA3'], ja4: ['JA4', 'JA4'],
  certificate_sha1: ['certificate (SHA-1)', 'certificates (SHA-1)'], certificate_sha256: ['certificate (SHA-256)', 'certificates (SHA-256)'],
  file_md5: ['file (MD5)', 'files (MD5)'], file_sha1: ['file (SHA-1)', 'files (SHA-1)'], file_sha256: ['file (SHA-256)', 'files (SHA-256)'],
}

/** The lists of one sensor, the broken ones first. */
export function Lists({ of: r }: { of: Report }): ReactNode {
  const items = [...r.lists].sort((a, b) => Number(b.broken) - Number(a.broken) || Number(b.bad > 0) - Number(a.bad > 0) || a.name.localeCompare(b.name, 'en'))
  return (
    <Table
      variant="borderless" cellVerticalAlign="top" items={items} trackBy="name" wrapLines ariaLabels={{ tableLabel: `Lists of ${r.sensor}` }}
      columnDefinitions={[
        { id: 'name', header: 'List', isRowHeader: true, minWidth: 220, cell: (l) => <div className="mw-settings-two"><Wire mono length={120}>{l.name}</Wire><span className="mw-quiet"><Wire length={20}>{formats[l.format] ?? l.format}</Wire></span></div> },
        { id: 'count', header: 'Indicators', minWidth: 230, cell: (l) => <Count of={l} /> },
        { id: 'state', header: 'State', minWidth: 360, cell: (l) => <State of={l} /> },
      ]}
    />
  )
}

function Count({ of: l }: { of: List }): ReactNode {
  const parts = Object.entries(l.kinds ?? {}).sort(([, a], [, b]) => b - a).map(([k, n]) => counted(n, ...(kinds[k] ?? [k, k])))
  return (
    <div className="mw-settings-two">
      <span>{digits(l.indicators)}</span>
      {parts.length > 0 && <span className="mw-quiet"><Wire length={200}>{parts.join(', ')}</Wire></span>}
      {l.unused > 0 && <span className="mw-quiet">{digits(l.unused)} of kinds that traffic is not held against, or revoked</span>}
    </div>
  )
}

function State({ of: l }: { of: List }): ReactNode {
  const complaints = l.complaints ?? []
  return (
    <div className="mw-settings-two">
      {l.broken
        ? <StatusIndicator type="error">Broken: not read to its end; what it had before stays in use</StatusIndicator>
        : l.bad > 0 ? <StatusIndicator type="warning">{digits(l.bad)} of it made no sense</StatusIndicator>
        : l.indicators === 0 ? <StatusIndicator type="warning">It holds nothing</StatusIndicator>
        : <StatusIndicator type="success">All of it is used</StatusIndicator>}
      {complaints.map((c, i) => <span key={i} className="mw-quiet">Line <Wire length={160}>{c}</Wire></span>)}
      {l.bad > complaints.length && complaints.length > 0 && <span className="mw-quiet">and {digits(l.bad - complaints.length)} more</span>}
    </div>
  )
}
