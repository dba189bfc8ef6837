import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { TableProps } from '@cloudscape-design/components/table'
import type { ReactNode } from 'react'
import { api, told } from '../../../api/client'
import { useChange } from '../../../api/change'
import { useRead } from '../../../api/read'
import { changedText } from '../../../tuning/applied'
import { filterQuery } from '../../../detections/query'
import type { RuleItem } from '../../../tuning/RuleForm'
import { Match } from '../../../tuning/Match'
import { touched } from '../../../tuning/save'
import { Go } from '../../../ui/Link'
import { Time } from '../../../ui/Time'
import { Wire, visible } from '../../../ui/Wire'
import { digits } from '../../../ui/number'
import { RowActions } from '../RowActions'
import '../settings.css'

interface Does {
  edit: (r: RuleItem) => void
  remove: (r: RuleItem) => void
}

/** Whether a rule has ended by itself. */
export const ended = (r: RuleItem, now = Date.now()): boolean => r.rule.expires !== undefined && Date.parse(r.rule.expires) <= now

const stateOf = (r: RuleItem) => (ended(r) ? 'Ended' : r.rule.enabled ? 'On' : 'Off')

export function columns(does: Does): TableProps.ColumnDefinition<RuleItem>[] {
  return [
    { id: 'name', header: 'Rule', isRowHeader: true, minWidth: 160, sortingField: 'name', sortingComparator: by((r) => r.rule.name), cell: (r) => <Named of={r} /> },
    { id: 'match', header: 'Hides', minWidth: 180, cell: (r) => <Match of={r.rule.match} /> },
    { id: 'count', header: 'Hidden now', minWidth: 90, cell: (r) => <Hidden of={r} /> },
    { id: 'state', header: 'State', minWidth: 130, sortingField: 'state', sortingComparator: by(stateOf), cell: (r) => <State of={r} /> },
    { id: 'by', header: 'Made by', minWidth: 200, sortingField: 'created', sortingComparator: by((r) => r.created), cell: (r) => <div className="mw-settings-two"><Wire length={64}>{r.rule.created_by || 'not known'}</Wire><Time at={r.created} label /></div> },
    { id: 'does', header: 'Actions', minWidth: 130, cell: (r) => <Actions of={r} does={does} /> },
  ]
}

const by = (f: (r: RuleItem) => string) => (a: RuleItem, b: RuleItem) => f(a).localeCompare(f(b), 'en')

function Named({ of: r }: { of: RuleItem }): ReactNode {
  return (
    <div className="mw-settings-two">
      <b><Wire length={128}>{r.rule.name}</Wire></b>
      {r.rule.description ? <Wire length={200} whole>{r.rule.description}</Wire> : <span className="mw-quiet">Nobody said why</span>}
    </div>
  )
}

function State({ of: r }: { of: RuleItem }): ReactNode {
  const state = stateOf(r)
  return (
    <div className="mw-settings-two">
      <StatusIndicator type={state === 'On' ? 'success' : 'stopped'}>{state}</StatusIndicator>
      {r.rule.expires && <span className="mw-quiet">{state === 'Ended' ? 'since' : 'until'} <Time at={r.rule.expires} label /></span>}
    </div>
  )
}

/** How many hidden detections a rule matches. */
export function useHidden(r: RuleItem): { count?: number; failed: boolean } {
  const q = useRead(['tuning-hides', r.id, r.revision], (signal) =>
    told(api.POST('/v1/detections/search', { signal, body: { filter: { ...r.rule.match, hidden: 'only' }, limit: 1, count: true } })), { when: r.active, patience: 60_000 })
  return { count: r.active ? q.data?.total : 0, failed: q.state === 'failed' }
}

function Hidden({ of: r }: { of: RuleItem }): ReactNode {
  const { count, failed } = useHidden(r)
  if (failed) return <span className="mw-quiet">not counted</span>
  if (count === undefined) return <span className="mw-quiet">counting</span>
  if (count === 0) return '0'
  return <Go to="/detections" query={{ ...filterQuery({ ...r.rule.match, hidden: 'only' }), last: '30d' }} title="Hidden detections that it matches; those that another rule matches as well count for both">{digits(count)}</Go>
}

function Actions({ of: r, does }: { of: RuleItem; does: Does }): ReactNode {
  const turn = useChange(() => told(api.PUT('/v1/tuning/rules/{id}', {
    params: { path: { id: r.id }, header: { 'If-Match': `"${r.revision}"` } }, body: { ...r.rule, created_by: undefined, enabled: !r.rule.enabled },
  })), { touches: touched, says: (now) => ({ text: <>“{visible(now.rule.name, 100)}” is {now.rule.enabled ? 'on' : 'off'}. {changedText(now.applied)}</> }) })
  const over = ended(r) && !r.rule.enabled ? 'It has ended: change it and give it a later end.' : undefined
  return (
    <RowActions
      named={r.rule.name} first={{ text: 'Change', op: 'putTuningRule', run: () => does.edit(r) }}
      rest={[
        { text: r.rule.enabled ? 'Turn off' : 'Turn on', op: 'putTuningRule', against: over, busy: turn.busy, run: () => turn.run(undefined) },
        { text: 'Delete', op: 'deleteTuningRule', run: () => does.remove(r) },
      ]}
    />
  )
}
