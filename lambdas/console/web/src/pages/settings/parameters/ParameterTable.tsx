import StatusIndicator from '@cloudscape-design/components/status-indicator'
import Table from '@cloudscape-design/components/table'
import type { ReactNode } from 'react'
import { May } from '../../../ui/May'
import { Wire } from '../../../ui/Wire'
import { bytes, counted, digits } from '../../../ui/number'
import { isNumber, titles, type Parameter } from './names'
import '../settings.css'

const shown = 4

/** Parameters with their values, and whether somebody set them. */
export function ParameterTable({ label, items, edit }: { label: string; items: Parameter[]; edit: (p: Parameter) => void }): ReactNode {
  return (
    <Table
      variant="borderless" cellVerticalAlign="top" stickyColumns={{ last: 1 }} items={items} trackBy="name" wrapLines ariaLabels={{ tableLabel: label }}
      columnDefinitions={[
        {
          id: 'name', header: 'Parameter', isRowHeader: true, minWidth: 200,
          cell: (p) => <div className="mw-settings-two"><b>{titles[p.name]}</b><span className="mw-quiet">{p.description}</span></div>,
        },
        { id: 'value', header: 'Value', minWidth: 220, cell: (p) => <Values of={p} /> },
        {
          id: 'set', header: 'Source', minWidth: 120,
          cell: (p) => (p.set ? <StatusIndicator type="info">Set here</StatusIndicator> : <span className="mw-quiet">Default</span>),
        },
        {
          id: 'does', header: 'Actions', minWidth: 100,
          cell: (p) => <May op="putParameter" variant="inline-link" ariaLabel={`Change ${titles[p.name]}`} onClick={() => edit(p)}>Change</May>,
        },
      ]}
    />
  )
}

/** The values, or the first of many. */
export function Values({ of: p }: { of: Parameter }): ReactNode {
  if (isNumber(p)) return numberText(p.kind, p.values[0] ?? '')
  if (p.values.length === 0) return <span className="mw-quiet">None</span>
  return (
    <ul className="mw-settings-values">
      {p.values.slice(0, shown).map((v) => <li key={v}><Wire mono length={120}>{v}</Wire></li>)}
      {p.values.length > shown && <li className="mw-quiet">and {digits(p.values.length - shown)} more</li>}
    </ul>
  )
}

/** A number of days or bytes as a person reads it. */
export function numberText(kind: Parameter['kind'], value: string): string {
  const n = Number(value)
  if (!/^\d+$/.test(value)) return value
  if (kind === 'days') return counted(n, 'day')
  return n === 0 ? 'No limit' : bytes(n)
}
