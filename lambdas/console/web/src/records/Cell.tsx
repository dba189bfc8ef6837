// One cell of a table of records: a field, or several that belong together.
import type { ReactNode } from 'react'
import { Copy } from '../ui/Copy'
import { Time } from '../ui/Time'
import { visible, Wire } from '../ui/Wire'
import { labelOf, tellingOf } from './columns'
import type { Rec } from './RecordTable'
import { Address, Value } from './Value'

/** Shows a column of a record: "from", "to", "kind", "what", or a field. */
export function Cell({ record, column }: { record: Rec; column: string }): ReactNode {
  const r = record.record as Record<string, unknown>
  switch (column) {
    case 'ts':
      return <Time at={record.time} fine />
    case 'kind':
      return <span className="mw-kind"><Wire length={32}>{record.kind}</Wire></span>
    case 'from':
      return <Side address={r['id.orig_h'] ?? r.source_ip} port={r['id.orig_p']} vni={r.vni} />
    case 'to':
      return <Side address={r['id.resp_h']} port={r['id.resp_p']} vni={r.vni} />
    case 'what':
      return <Summary kind={record.kind} record={r} />
  }
  const value = r[column]
  if (prints.test(column) && typeof value === 'string' && value !== '') return <Print field={column} value={value} />
  return <Value field={column} value={value} vni={r.vni} />
}

const prints = /^(ja[34]s?|hassh(server)?)$/i

// Fingerprints are long, and only ever compared: the beginning is enough to see that two are the same, and the whole can be copied.
function Print({ field, value }: { field: string; value: string }): ReactNode {
  return <span className="mw-print" title={visible(value, 200)}><Wire mono length={10}>{value}</Wire> <Copy text={value} what={labelOf(field)} /></span>
}

function Side({ address, port, vni }: { address: unknown; port: unknown; vni: unknown }): ReactNode {
  if (typeof address !== 'string' || address === '') return <span className="mw-dim">–</span>
  return <Address address={address} port={port} vni={vni} />
}

const mostOfSummary = 5

function Summary({ kind, record }: { kind: string; record: Record<string, unknown> }): ReactNode {
  const there = tellingOf(kind).filter((f) => record[f] !== undefined && record[f] !== '' && record[f] !== null).slice(0, mostOfSummary)
  if (there.length === 0) return <span className="mw-dim">–</span>
  return (
    <span className="mw-summary">
      {there.map((f) => <span key={f}><span className="mw-dim">{labelOf(f)}</span> <Value field={f} value={record[f]} length={48} /></span>)}
    </span>
  )
}
