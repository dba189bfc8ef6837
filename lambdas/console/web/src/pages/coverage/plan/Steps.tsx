// Every step of a plan: what it does, to what, why, what changes, and what became of it.
import { useCollection } from '@cloudscape-design/collection-hooks'
import Header from '@cloudscape-design/components/header'
import Pagination from '@cloudscape-design/components/pagination'
import Select from '@cloudscape-design/components/select'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import { useMemo, type ReactNode } from 'react'
import { digits } from '../../../ui/number'
import { Empty } from '../../../ui/Panel'
import { visible, Wire } from '../../../ui/Wire'
import { About, type Linked } from './About'
import { actionName, added, isOutcome, matching, outcomes, signs, type MirrorPlan, type Outcome, type Step, type StepFilter } from './words'

interface Props extends Linked {
  plan: MirrorPlan
  filter: StepFilter
  change: (f: Partial<StepFilter>) => void
}

/** Shows the steps that are told, those that failed first. */
export function Steps({ plan: p, filter, change, known, choose }: Props): ReactNode {
  const numbered = useMemo(() => p.steps.map((s, i) => ({ ...s, i })), [p])
  const rows = matching(numbered, filter) as Numbered[]
  const columns = useMemo(() => columnsOf(p.kind !== 'look', { known, choose }), [p.kind, known, choose])
  const { items, collectionProps, paginationProps } = useCollection(rows, { sorting: {}, pagination: { pageSize: 25 } })
  const all = p.steps.length + p.rest.steps
  return (
    <Table
      {...collectionProps} variant="embedded" items={items} trackBy={(s) => String(s.i)} columnDefinitions={columns} wrapLines enableKeyboardNavigation
      ariaLabels={{ tableLabel: 'Steps' }}
      header={<Header variant="h3" counter={rows.length === all ? `(${digits(all)})` : `(${digits(rows.length)} of ${digits(all)})`}>Steps</Header>}
      filter={p.steps.length > 1 ? <Filters steps={p.steps} filter={filter} change={change} /> : undefined}
      pagination={rows.length > 25 ? <Pagination {...paginationProps} /> : undefined}
      footer={p.rest.steps > 0 ? <span className="mw-quiet">{digits(p.rest.steps)} more are counted, and not kept: `mirrorwatch mirror plan --all` shows every step.</span> : undefined}
      empty={<Empty>None matches.</Empty>}
    />
  )
}

type Numbered = Step & { i: number }

const columnsOf = (acted: boolean, linked: Linked): TableProps.ColumnDefinition<Numbered>[] => [
  { id: 'action', header: 'Step', isRowHeader: true, minWidth: 160, sortingField: 'action', cell: (s) => <Action s={s} /> },
  { id: 'about', header: 'Of', minWidth: 190, sortingComparator: (a, b) => (a.name ?? '').localeCompare(b.name ?? ''), cell: (s) => <About s={s} {...linked} /> },
  ...(acted ? [{ id: 'outcome', header: 'What became of it', minWidth: 215, sortingField: 'outcome', cell: (s: Numbered) => <Became s={s} /> }] : []),
  { id: 'why', header: 'Why', minWidth: 280, cell: (s) => <Why s={s} /> },
  { id: 'place', header: 'Where', minWidth: 160, sortingComparator: (a, b) => place(a).localeCompare(place(b)), cell: (s) => <><div className="mw-plan-where"><Wire length={40}>{s.account}</Wire></div><span className="mw-quiet"><Wire length={40}>{s.region}</Wire></span></> },
  { id: 'usd', header: 'A month', minWidth: 110, sortingField: 'monthly_usd', cell: (s) => added(s.monthly_usd) || '–' },
]

const place = (s: Step) => `${s.account} ${s.region}`

function Action({ s }: { s: Step }): ReactNode {
  const { sign, means } = signs[s.does]
  return <span className="mw-plan-action"><span aria-hidden className={`mw-plan-sign mw-plan-${s.does}`}>{sign}</span><span className="mw-hidden">{means}: </span><Wire length={40}>{actionName(s.action)}</Wire></span>
}

function Became({ s }: { s: Step }): ReactNode {
  if (!isOutcome(s.outcome)) return <span className="mw-quiet">Not known</span>
  const { name, sign } = outcomes[s.outcome]
  return <><StatusIndicator type={sign}>{name}</StatusIndicator>{s.error && <div className="mw-wrap"><Wire length={200} whole>{s.error}</Wire></div>}</>
}

function Why({ s }: { s: Step }): ReactNode {
  return (
    <div className="mw-wrap">
      <Wire length={240} whole>{s.reason}</Wire>
      {s.changes && (
        <ul className="mw-plan-changes">
          {s.changes.map((c) => (
            <li key={c.field}><span className="mw-quiet"><Wire length={60}>{c.field}</Wire>:</span> <Value of={c.from} /> <span aria-hidden>→</span><span className="mw-hidden">becomes</span> <Value of={c.to} /></li>
          ))}
          {s.changes_rest ? <li className="mw-quiet">and {digits(s.changes_rest)} more</li> : null}
        </ul>
      )}
    </div>
  )
}

const Value = ({ of }: { of?: string }): ReactNode => (of ? <Wire mono length={80}>{of}</Wire> : <span className="mw-quiet">nothing</span>)

function Filters({ steps, filter, change }: { steps: readonly Step[] } & Pick<Props, 'filter' | 'change'>): ReactNode {
  const actions = [...new Set(steps.map((s) => s.action))].sort()
  const became = (Object.keys(outcomes) as Outcome[]).filter((o) => steps.some((s) => s.outcome === o))
  return (
    <div className="mw-plan-filters">
      <One label="Action" none="Any action" value={filter.action} options={actions.map((a) => ({ value: a, label: visible(actionName(a), 40) }))} change={(action) => change({ action })} />
      {became.length > 0 && <One label="Outcome" none="Any outcome" value={filter.outcome} options={became.map((o) => ({ value: o, label: outcomes[o].name }))} change={(outcome) => change({ outcome })} />}
    </div>
  )
}

function One({ label, none, value, options, change }: { label: string; none: string; value: string; options: { value: string; label: string }[]; change: (v: string) => void }): ReactNode {
  const all = [{ value: '', label: none }, ...options]
  return <Select ariaLabel={label} options={all} selectedOption={all.find((o) => o.value === value) ?? { value, label: visible(value, 40) }} onChange={(e) => change(e.detail.selectedOption.value ?? '')} />
}
