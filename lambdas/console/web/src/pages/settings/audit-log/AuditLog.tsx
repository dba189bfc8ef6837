import type { ReactNode } from 'react'
import { api, told, type Schemas } from '../../../api/client'
import { usePages } from '../../../api/pages'
import { useDenied } from '../../../state/me'
import { iso, useSpan } from '../../../state/span'
import { useStill } from '../../../state/still'
import { useView } from '../../../state/url'
import { useRested } from '../../../tuning/preview'
import { Download } from '../../../ui/Download'
import { Page } from '../../../ui/Page'
import { Time, useZoneLabel } from '../../../ui/Time'
import { Go } from '../../../ui/Link'
import { Wire } from '../../../ui/Wire'
import { List } from '../List'
import { titles } from '../parameters/names'
import { Readable } from '../Refused'
import { actionText, actorText, placeOf } from './actions'
import { Changes } from './Changes'
import { Filters } from './Filters'
import '../settings.css'

type Entry = Schemas['AuditEntry']

const year = 366 * 86_400_000

/** Who changed what, and when. */
export default function AuditLog(): ReactNode {
  const allowed = useDenied('listAudit') === undefined
  const [moving] = useSpan('7d')
  const [span, renew] = useStill(moving, () => scrollY === 0, 5 * 60_000) // entries do not move under who reads them
  const [query] = useView()
  const { actor, action, target } = query
  const asked = { from: iso(span.from), to: iso(span.to), actor: actor || undefined, action: action || undefined, target: target || undefined }
  const rested = useRested(JSON.stringify(asked), 400)
  const log = usePages<Entry>(['audit', rested], (cursor, signal) => told(api.GET('/v1/audit', { signal, params: { query: { ...(JSON.parse(rested) as typeof asked), limit: 100, cursor } } })), { when: allowed })
  const zone = useZoneLabel()
  const exported = (format: 'csv' | 'jsonl') => () => ({ path: `/v1/audit/export?${new URLSearchParams({ format, ...Object.fromEntries(Object.entries(asked).filter(([, v]) => v)) as Record<string, string> })}`, name: `audit.${format}` })
  return (
    <Page
      title="Audit log" description="Who changed what, and when. Nobody can change it." span={{ byDefault: '7d', longest: year }} of={allowed ? [{ ...log, again: () => { renew(); log.again() } }] : []}
      actions={<Download op="exportAudit" formats={[{ text: 'CSV', of: exported('csv') }, { text: 'JSON lines', of: exported('jsonl') }]} />}
    >
      <Readable op="listAudit" what="the audit log">
        <div className="mw-settings-stack">
          <Filters />
          <List<Entry>
            title="Entries" what="entries" of={log} idOf={(e) => e.id} textOf={(e) => JSON.stringify(e)}
            empty={actor || action || target ? 'Nothing like that was done in this time.' : 'Nothing was changed in this time.'}
            columns={[
              { id: 'time', header: `Time (${zone})`, minWidth: 180, cell: (e) => <Time at={e.time} /> },
              { id: 'who', header: 'Who', isRowHeader: true, minWidth: 170, cell: (e) => <Who of={e} /> },
              { id: 'what', header: 'What', minWidth: 180, cell: (e) => <What of={e} /> },
              { id: 'target', header: 'Of what', minWidth: 200, cell: (e) => <Target of={e} /> },
              { id: 'change', header: 'Change', minWidth: 340, cell: (e) => <Changes before={e.before} after={e.after} /> },
            ]}
          />
        </div>
      </Readable>
    </Page>
  )
}

function Who({ of: e }: { of: Entry }): ReactNode {
  const { kind, name } = actorText(e.actor)
  return (
    <div className="mw-settings-two">
      <span>{kind && <span className="mw-quiet">{kind} </span>}{kind === 'Tuning rule' ? <Go to="/settings/tuning-rules" query={{ edit: name }}><Wire length={40}>{name}</Wire></Go> : <Wire length={80}>{name}</Wire>}</span>
      {e.address && <span className="mw-quiet">from <Wire mono length={50}>{e.address}</Wire></span>}
    </div>
  )
}

function What({ of: e }: { of: Entry }): ReactNode {
  return (
    <div className="mw-settings-two">
      <span>{actionText(e.action)}</span>
      {e.outcome && <span className="mw-settings-refused">Refused: <Wire length={200}>{e.outcome}</Wire></span>}
    </div>
  )
}

// What has a name is known by it: an id says nothing to a person.
function Target({ of: e }: { of: Entry }): ReactNode {
  const place = placeOf(e.action, e.target)
  const name = e.action.startsWith('parameter.') && Object.hasOwn(titles, e.target) ? titles[e.target as keyof typeof titles] : (nameOf(e.after) ?? nameOf(e.before))
  const text = <Wire mono={!name} length={name ? 80 : 24}>{name ?? e.target}</Wire>
  return (
    <div className="mw-settings-two">
      {place ? <Go to={place.to} query={place.query}>{text}</Go> : text}
      {name && name !== e.target && <span className="mw-quiet"><Wire mono length={24}>{e.target}</Wire></span>}
    </div>
  )
}

function nameOf(v: unknown): string | undefined {
  const name = typeof v === 'object' && v !== null ? (v as { name?: unknown }).name : undefined
  return typeof name === 'string' && name !== '' ? name : undefined
}
