// Every field of one record, to read, copy, and narrow a query with.
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard'
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import { useState, type ReactNode } from 'react'
import { Copy } from '../ui/Copy'
import { visible, Wire } from '../ui/Wire'
import { labelOf } from './columns'
import { Act } from './Act'
import type { Rec } from './RecordTable'
import { Value } from './Value'
import type { Comparison } from './write'
import './records.css'

interface Props {
  record: Rec
  narrow?: (c: Comparison) => void
  top?: (field: string) => void
}

export function RecordDetail({ record, narrow, top }: Props): ReactNode {
  const [view, setView] = useState('fields')
  const fields = Object.entries(record.record as Record<string, unknown>)
  const json = JSON.stringify(record.record, null, 2)
  return (
    <div className="mw-detail">
      <div className="mw-detail-bar">
        <SegmentedControl
          selectedId={view} onChange={(e) => setView(e.detail.selectedId)} label="How the record is shown"
          options={[{ id: 'fields', text: `Fields (${fields.length})` }, { id: 'json', text: 'JSON' }]}
        />
        <CopyToClipboard
          copyButtonText="Copy as JSON" textToCopy={json} copySuccessText="Record copied" copyErrorText="The browser did not let it be copied"
        />
      </div>
      {view === 'json' ? <pre className="mw-json" tabIndex={0} aria-label="The record as JSON"><Wire mono whole length={20_000}>{json}</Wire></pre> : (
        <table className="mw-fields" aria-label={`Fields of the ${record.kind} record`}>
          <thead className="mw-hidden"><tr><th scope="col">Field</th><th scope="col">Value</th><th scope="col">Actions</th></tr></thead>
          <tbody>
            {fields.map(([field, value]) => <Field key={field} field={field} value={value} vni={(record.record as Record<string, unknown>).vni} narrow={narrow} top={top} />)}
          </tbody>
        </table>
      )}
    </div>
  )
}

interface FieldProps extends Omit<Props, 'record'> {
  field: string
  value: unknown
  vni: unknown
}

function Field({ field, value, vni, narrow, top }: FieldProps): ReactNode {
  const label = labelOf(field)
  const single = askable(value)
  return (
    <tr>
      <th scope="row">
        <Wire length={64}>{label}</Wire>
        {label !== field && <span className="mw-mono mw-dim"> {visible(field, 64)}</span>}
      </th>
      <td className="mw-value">
        {Array.isArray(value) && narrow ? <Members field={field} values={value} narrow={narrow} /> : <Value field={field} value={value} vni={vni} whole length={400} />}
      </td>
      <td className="mw-acts">
        {narrow && single !== undefined && <Narrow field={field} value={single} narrow={narrow} />}
        {top && single !== undefined && <Act name={`Count the values of ${visible(field, 64)}`} run={() => top(field)}>≡</Act>}
        <Copy text={plain(value)} what={visible(label, 64)} />
      </td>
    </tr>
  )
}

const mostMembers = 50

// Of a list each member can be asked for.
function Members({ field, values, narrow }: { field: string; values: unknown[]; narrow: (c: Comparison) => void }): ReactNode {
  return (
    <ul className="mw-members">
      {values.slice(0, mostMembers).map((v, i) => {
        const single = askable(v)
        return <li key={i}><Value field={field} value={v} whole length={200} />{single !== undefined && <Narrow field={field} value={single} narrow={narrow} />}</li>
      })}
      {values.length > mostMembers && <li className="mw-dim">and {values.length - mostMembers} more: see the JSON</li>}
    </ul>
  )
}

function Narrow({ field, value, narrow }: { field: string; value: string; narrow: (c: Comparison) => void }): ReactNode {
  const what = `${visible(field, 64)} = ${visible(value, 60)}`
  return (
    <>
      <Act name={`Only this: ${what}`} run={() => narrow({ field, op: '=', value })}>+</Act>
      <Act name={`Not this: ${what}`} run={() => narrow({ field, op: '!=', value })}>−</Act>
    </>
  )
}

// What a query can compare with: texts, numbers, and yes or no.
const askable = (v: unknown): string | undefined => (typeof v === 'string' || typeof v === 'number' || typeof v === 'boolean' ? String(v) : undefined)

const plain = (v: unknown): string => (typeof v === 'string' ? v : JSON.stringify(v))
