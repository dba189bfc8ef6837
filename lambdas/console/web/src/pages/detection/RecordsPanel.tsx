// Investigative data: the records that a detection rests on.
import Button from '@cloudscape-design/components/button'
import ButtonDropdown from '@cloudscape-design/components/button-dropdown'
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import { useState, type ReactNode } from 'react'
import { api, told, type Schemas } from '../../api/client'
import { useRead, type Reading } from '../../api/read'
import type { Detection } from '../../api/names'
import { recordsPath, recordsQuery } from '../../records/link'
import { RecordTable, type Rec } from '../../records/RecordTable'
import { useDenied } from '../../state/me'
import { useGo, useView } from '../../state/url'
import { Go } from '../../ui/Link'
import { visible } from '../../ui/Wire'
import { digits } from '../../ui/number'
import { KeptPanel } from './KeptPanel'
import { PacketsButton, reasonAgainst } from './PacketsButton'
import { pivotsOf, queryOf, spanOf } from './pivots'
import { detectionKey, type Scope } from './read'

const first = 10 // rows before one asks for more: what comes below is to be found
const pages = [50, 200, 1000] // the API gives no more at once

interface Props {
  d: Detection
  packets: Reading<Schemas['Packets']>
}

export function RecordsPanel({ d, packets }: Props): ReactNode {
  const [query, change] = useView()
  const scope: Scope = query.scope === 'participants' ? 'participants' : 'evidence'
  const [page, setPage] = useState(0)
  const [whole, showWhole] = useState(false)
  const limit = pages[page] ?? 1000
  const [asOf, setAsOf] = useState(d.update)
  const ask = (signal: AbortSignal) => told(api.GET('/v1/detections/{id}/records', { params: { path: { id: d.id }, query: { scope, limit } }, signal }))
  const records = useRead([...detectionKey(d.id), 'records', scope, limit, asOf], ask, { keep: true })
  const all = queryOf(d, scope)
  return (
    <KeptPanel
      title="Investigative data"
      count={(r) => (r.next ? `${digits(r.items.length)}+` : digits(r.items.length))}
      description={scope === 'evidence' ? 'The conversations that the detection names as its evidence' : 'Everything between the participants in this time'}
      of={records}
      lines={6}
      empty={(r) => (r.items.length === 0 ? (scope === 'evidence' ? 'No record of the evidence is kept: they may have reached their age. Look at everything between the participants, or open Records with a wider time.' : 'No record between the participants is kept from this time.') : undefined)}
      actions={
        <div className="mw-det-actions">
          <SegmentedControl selectedId={scope} onChange={(e) => { setPage(0); change({ scope: e.detail.selectedId === 'evidence' ? undefined : e.detail.selectedId }) }} label="Which records" options={[{ id: 'evidence', text: 'Evidence' }, { id: 'participants', text: 'Participants' }]} />
          {all && <Go to={recordsPath} query={recordsQuery({ query: all, ...spanOf(d) })}>Open in Records</Go>}
        </div>
      }
    >
      {(r) => (
        <>
          {d.update !== asOf && <p className="mw-det-warming">The detection went on meanwhile. <Button variant="inline-link" onClick={() => setAsOf(d.update)}>Show the newer records</Button></p>}
          <Kinds all={r.items} />
          <RecordTable key={query.kind ?? ''} label="Records of this detection" records={whole ? ofKind(r.items, query.kind) : ofKind(r.items, query.kind).slice(0, first)} actions={(x) => <Actions d={d} r={x} packets={packets} />} />
          <div className="mw-det-more">
            {!whole && ofKind(r.items, query.kind).length > first && <Button onClick={() => showWhole(true)}>Show {r.next ? 'more' : `all ${digits(ofKind(r.items, query.kind).length)}`}</Button>}
            {whole && r.next && (page < pages.length - 1 ? <Button loading={records.refreshing} onClick={() => setPage(page + 1)}>Show more</Button> : <p className="mw-quiet">These are the newest {digits(limit)}. Open Records for the others.</p>)}
          </div>
        </>
      )}
    </KeptPanel>
  )
}

// Of several kinds each can be looked at alone, with the columns that say most of it.
function Kinds({ all }: { all: readonly Rec[] }): ReactNode {
  const [query, change] = useView()
  const kinds = kindsOf(all)
  if (kinds.length < 2) return null
  const kind = kinds.find((k) => k.kind === query.kind)?.kind ?? ''
  const options = [{ id: '', text: `All kinds (${digits(all.length)})` }, ...kinds.map((k) => ({ id: k.kind, text: `${visible(k.kind, 24)} (${digits(k.count)})` }))]
  return <div className="mw-det-kinds"><SegmentedControl selectedId={kind} onChange={(e) => change({ kind: e.detail.selectedId || undefined })} label="Kind of record" options={options} /></div>
}

// A kind that is not there, of a link to another detection, means all.
function ofKind(all: readonly Rec[], kind: string | undefined): readonly Rec[] {
  const of = all.filter((r) => r.kind === kind)
  return of.length > 0 ? of : all
}

function kindsOf(records: readonly Rec[]): { kind: string; count: number }[] {
  const counts = new Map<string, number>()
  for (const r of records) counts.set(r.kind, (counts.get(r.kind) ?? 0) + 1)
  return [...counts].map(([kind, count]) => ({ kind, count })).sort((a, b) => b.count - a.count || (a.kind < b.kind ? -1 : 1))
}

function Actions({ d, r, packets }: { d: Detection; r: Rec; packets: Reading<Schemas['Packets']> }): ReactNode {
  const go = useGo()
  const denied = useDenied('getPackets')
  const pivots = pivotsOf(r)
  const at = Date.parse(r.time)
  const hasPackets = reasonAgainst(denied, packets) === undefined && packets.data?.items.some((f) => Date.parse(f.from) <= at && at <= Date.parse(f.to))
  const follow = (id: string) => {
    const p = pivots.find((x) => x.id === id)
    if (p) go(recordsPath, recordsQuery({ query: p.query, ...spanOf(d) }))
  }
  return (
    <span className="mw-det-row">
      {hasPackets && <PacketsButton id={d.id} of={packets} at={at} />}
      <ButtonDropdown variant="inline-icon" ariaLabel={`Records like this ${visible(r.kind, 24)} record of ${r.time}`} expandToViewport items={pivots.map((p) => ({ id: p.id, text: p.text, secondaryText: visible(p.value, 60) }))} onItemClick={(e) => follow(e.detail.id)} />
    </span>
  )
}
