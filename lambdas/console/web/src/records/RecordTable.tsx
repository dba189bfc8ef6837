// Records as rows, each of which opens in place to show every field. Used by the page of records and wherever records are evidence.
import { memo, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import type { Schemas } from '../api/client'
import { useKeys } from '../state/keys'
import { useZoneLabel } from '../ui/Time'
import { visible } from '../ui/Wire'
import { Cell } from './Cell'
import { columnsOf, labelOf } from './columns'
import { RecordDetail } from './RecordDetail'
import type { Comparison } from './write'
import './records.css'

export type Rec = Schemas['Record']

interface Props {
  records: readonly Rec[]
  label: string // of the table, for who does not see it
  columns?: readonly string[] // of columns.ts, or names of fields; those of the kinds that are there where absent
  narrow?: (c: Comparison) => void // narrows the query to a value; without it values can only be copied
  top?: (field: string) => void // counts the values of a field
  actions?: (r: Rec) => ReactNode // at the end of each row
  more?: (r: Rec) => ReactNode // above the fields of an open row
  keys?: boolean // j, k and Enter move and open
  onOpen?: (open: boolean) => void // whether any row is open
}

/** Tells a record from others; two that are the same to the letter are one. */
export const keyOf = (r: Rec): string => `${r.kind} ${r.time} ${JSON.stringify(r.record)}`

/** The value of a record's field. */
export const valueOf = (r: Rec, field: string): unknown => (r.record as Record<string, unknown>)[field]

export function RecordTable({ records, label, columns, narrow, top, actions, more, keys, onOpen }: Props): ReactNode {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const body = useRef<HTMLTableSectionElement>(null)
  const does = useRef<Does>({ narrow, top, more })
  does.current = { narrow, top, more }
  const zone = useZoneLabel()
  const kindColumns = useMemo(() => columnsOf([...new Set(records.map((r) => r.kind))]), [records])
  const wanted = (columns ?? kindColumns).join()
  const shown = useMemo(() => wanted.split(','), [wanted])
  const rows = useMemo(() => numbered(records), [records])
  const toggle = useCallback((key: string) => setOpen((now) => {
    const next = new Set(now)
    if (!next.delete(key)) next.add(key)
    return next
  }), [])
  const any = open.size > 0
  useEffect(() => onOpen?.(any), [any]) // eslint-disable-line
  useKeys(keys ? [
    { key: 'j', does: 'Next record', run: () => step(body.current, 1) },
    { key: 'k', does: 'Record before', run: () => step(body.current, -1) },
  ] : [])
  return (
    <div className="mw-records" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col"><span className="mw-hidden">Every field</span></th>
            {shown.map((c) => <th key={c} scope="col" title={c} className={wide(c)}><Heading column={c} zone={zone} top={top} /></th>)}
            {actions && <th scope="col" className="mw-row-acts"><span className="mw-hidden">Actions</span></th>}
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map(([key, r]) => <Row key={key} name={key} record={r} columns={shown} open={open.has(key)} toggle={toggle} does={does} actions={actions} />)}
        </tbody>
      </table>
    </div>
  )
}

type Does = Pick<Props, 'narrow' | 'top' | 'more'>

interface RowProps {
  name: string
  record: Rec
  columns: readonly string[]
  open: boolean
  toggle: (name: string) => void
  does: { readonly current: Does } // what an open row can do: looked up when it is done, so that a row is not drawn anew for it
  actions?: (r: Rec) => ReactNode
}

// A row is drawn anew only where it changes: there may be thousands, and opening one is a matter of that one.
const Row = memo(function Row({ name, record, columns, open, toggle, does, actions }: RowProps): ReactNode {
  return (
    <>
      <tr className={open ? 'mw-record mw-record-open' : 'mw-record'}>
        <td><Opener record={record} open={open} toggle={() => toggle(name)} /></td>
        {columns.map((c) => <td key={c} className={wide(c)}><Cell record={record} column={c} /></td>)}
        {actions && <td className="mw-row-acts">{actions(record)}</td>}
      </tr>
      {open && (
        <tr className="mw-record-detail">
          <td colSpan={columns.length + (actions ? 2 : 1)}>
            <div className="mw-record-inside">
              {does.current.more?.(record)}
              <RecordDetail
                record={record} narrow={does.current.narrow && ((c) => does.current.narrow?.(c))} top={does.current.top && ((field) => does.current.top?.(field))}
              />
            </div>
          </td>
        </tr>
      )}
    </>
  )
})

const composed: Readonly<Record<string, string>> = { from: 'From', to: 'To', what: 'What', kind: 'Kind' }
const wide = (column: string): string | undefined => (column === 'what' ? 'mw-wide' : undefined)

const countedInstead: Readonly<Record<string, string | undefined>> = { from: 'id.orig_h', to: 'id.resp_h', what: undefined, ts: undefined }

// The heading of a column counts its values, where there is something that shows them.
function Heading({ column, zone, top }: { column: string; zone: string; top?: (field: string) => void }): ReactNode {
  const text = column === 'ts' ? `Time (${zone})` : (composed[column] ?? labelOf(column))
  const field = column in countedInstead ? countedInstead[column] : column
  if (!top || field === undefined) return visible(text, 64)
  return <button type="button" className="mw-heading" title={`Count the values of ${visible(field, 64)}`} onClick={() => top(field)}>{visible(text, 64)}</button>
}

// numbered gives each record a key of its own, also where the same record is there twice.
function numbered(records: readonly Rec[]): [string, Rec][] {
  const seen = new Map<string, number>()
  return records.map((r) => {
    const key = keyOf(r)
    const n = seen.get(key) ?? 0
    seen.set(key, n + 1)
    return [n === 0 ? key : `${key} ${n}`, r]
  })
}

function Opener({ record, open, toggle }: { record: Rec; open: boolean; toggle: () => void }): ReactNode {
  return (
    <button type="button" className="mw-opener" aria-expanded={open} onClick={toggle} aria-label={`Every field of the ${record.kind} record of ${record.time}`}>
      <span aria-hidden="true">{open ? '▾' : '▸'}</span>
    </button>
  )
}

// step moves the focus among the rows' openers. Enter on one opens it by itself.
function step(body: HTMLElement | null, by: 1 | -1): void {
  const all = [...(body?.querySelectorAll<HTMLElement>('.mw-opener') ?? [])]
  const now = all.findIndex((b) => b === document.activeElement)
  const next = now < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, now + by))
  all[next]?.focus()
}
