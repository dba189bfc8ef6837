// The columns of the table of detections.
import type { TableProps } from '@cloudscape-design/components/table'
import type { ReactNode } from 'react'
import type { Detection } from '../../api/names'
import { techniqueName } from '../../attack/techniques'
import { categoryWord } from '../../detections/names'
import { Score } from '../../ui/Band'
import { detectionPath, Go } from '../../ui/Link'
import { May } from '../../ui/May'
import { Time } from '../../ui/Time'
import { visible, Wire } from '../../ui/Wire'
import { Length, Standing } from './Facts'
import { First, partiesOf } from './Parties'
import type { Sort } from './place'

interface Column {
  id: string
  name: string
  width: number
  shown: boolean // unless somebody says otherwise
  sorts?: Sort // the order that the column stands for
  cell: (d: Detection, now: number) => ReactNode
}

const columns: Column[] = [
  { id: 'risk', name: 'Risk', width: 94, shown: true, sorts: '-score', cell: (d) => <Score score={d.risk.score} /> },
  {
    id: 'title',
    name: 'Detection',
    width: 222,
    shown: true,
    cell: (d) => (
      <span data-item={d.id}>
        <Go to={detectionPath(d.id)} title={visible(d.description, 400)}>
          <Wire length={80}>{d.title}</Wire>
        </Go>
      </span>
    ),
  },
  { id: 'sentence', name: 'What happened', width: 380, shown: false, cell: (d) => <Wire length={200}>{d.description}</Wire> },
  { id: 'offender', name: 'Offender', width: 178, shown: true, cell: (d) => <First of={partiesOf(d, 'offender')} none="None" /> },
  { id: 'victim', name: 'Victim', width: 150, shown: true, cell: (d) => <First of={partiesOf(d, 'victim')} none="None" /> },
  { id: 'category', name: 'Category', width: 150, shown: false, cell: (d) => <Wire length={40}>{categoryWord(d.category)}</Wire> },
  {
    id: 'technique',
    name: 'Techniques',
    width: 220,
    shown: false,
    cell: (d) => <Wire length={120}>{(d.techniques ?? []).map((t) => `${t} ${techniqueName(t)}`).join(', ') || 'None'}</Wire>,
  },
  { id: 'start', name: 'Started', width: 168, shown: true, sorts: '-start', cell: (d) => <Time at={d.start} /> },
  { id: 'update', name: 'Last active', width: 172, shown: false, sorts: '-update', cell: (d) => <Time at={d.update} /> },
  { id: 'length', name: 'Lasted', width: 90, shown: true, cell: (d, now) => <Length d={d} now={now} short /> },
  { id: 'status', name: 'Status', width: 150, shown: false, cell: (d) => <Standing d={d} always /> },
  {
    id: 'assignee',
    name: 'Assignee',
    width: 120,
    shown: false,
    cell: (d) => (d.assignee ? <Wire length={40}>{d.assignee}</Wire> : <span className="mw-dim">Nobody</span>),
  },
  {
    id: 'vpc',
    name: 'VPC',
    width: 180,
    shown: false,
    cell: (d) => <Wire length={60}>{[...new Set(d.participants?.map((p) => p.vpc).filter((v) => v))].join(', ') || 'Not known'}</Wire>,
  },
  { id: 'sensor', name: 'Sensor', width: 130, shown: false, cell: (d) => <Wire length={40}>{d.sensor ?? ''}</Wire> },
  { id: 'vni', name: 'VNI', width: 90, shown: false, cell: (d) => d.vni ?? '' },
  {
    id: 'id',
    name: 'Id',
    width: 290,
    shown: false,
    cell: (d) => (
      <Wire mono length={64}>
        {d.id}
      </Wire>
    ),
  },
]

const timed = new Set(['start', 'update'])

/** Ids of the columns that are shown where nobody said otherwise, in order. */
export const shownAtFirst: readonly string[] = [...columns.filter((c) => c.shown).map((c) => c.id), 'act']

/** The columns for the preferences. */
export const columnNames: readonly { id: string; label: string; alwaysVisible?: boolean }[] = [
  ...columns.map((c) => ({ id: c.id, label: c.name, ...(c.id === 'title' ? { alwaysVisible: true } : {}) })),
  { id: 'act', label: 'Triage' },
]

export const sortOf = (id: string | undefined): Sort | undefined => columns.find((c) => c.id === id)?.sorts
export const columnOf = (s: Sort): string | undefined => columns.find((c) => c.sorts === s || (s === 'start' && c.id === 'start'))?.id

/** Gives the columns with the widths that somebody gave them. */
export function definitions(
  now: number,
  zone: string,
  widths: Readonly<Record<string, number>>,
  acknowledge: (d: Detection) => void,
): TableProps.ColumnDefinition<Detection>[] {
  return [
    ...columns.map((c) => ({
      id: c.id,
      header: timed.has(c.id) ? `${c.name} (${zone})` : c.name,
      cell: (d: Detection) => c.cell(d, now),
      width: widths[c.id] ?? c.width,
      minWidth: 70,
      sortingField: c.sorts ? c.id : undefined,
      isRowHeader: c.id === 'title',
    })),
    {
      id: 'act',
      header: 'Triage',
      width: widths.act ?? 122,
      minWidth: 110,
      cell: (d: Detection) =>
        d.status === 'open' ? (
          <May
            op="updateDetection"
            variant="inline-link"
            ariaLabel={`Acknowledge ${visible(d.title, 60)}, risk ${d.risk.score}`}
            onClick={() => acknowledge(d)}
          >
            Acknowledge
          </May>
        ) : (
          <Standing d={d} />
        ),
    },
  ]
}
