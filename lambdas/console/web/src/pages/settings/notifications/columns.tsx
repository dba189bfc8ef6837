import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { TableProps } from '@cloudscape-design/components/table'
import type { ReactNode } from 'react'
import { api, told } from '../../../api/client'
import { useChange } from '../../../api/change'
import { Match } from '../../../tuning/Match'
import { Wire, visible } from '../../../ui/Wire'
import { counted } from '../../../ui/number'
import { RowActions } from '../RowActions'
import { kinds, reasons, usualReasons, whereTo, type RuleItem } from './channel'
import { quietText } from './QuietFields'
import { turned } from './save'

interface Does {
  edit: (r: RuleItem) => void
  remove: (r: RuleItem) => void
}

export function columns(does: Does): TableProps.ColumnDefinition<RuleItem>[] {
  const by = (f: (r: RuleItem) => string) => (a: RuleItem, b: RuleItem) => f(a).localeCompare(f(b), 'en')
  return [
    { id: 'name', header: 'Rule', isRowHeader: true, minWidth: 150, sortingField: 'name', sortingComparator: by((r) => r.rule.name), cell: (r) => <Named of={r} /> },
    { id: 'channel', header: 'Where to', minWidth: 160, sortingField: 'type', sortingComparator: by((r) => r.rule.channel.type), cell: (r) => <To of={r} /> },
    { id: 'match', header: 'Which, and when', minWidth: 220, cell: (r) => <Told of={r} /> },
    { id: 'rhythm', header: 'Rhythm', minWidth: 200, cell: (r) => <Rhythm of={r} /> },
    { id: 'does', header: 'Actions', minWidth: 130, cell: (r) => <Actions of={r} does={does} /> },
  ]
}

function Named({ of: r }: { of: RuleItem }): ReactNode {
  return (
    <div className="mw-settings-two">
      <b><Wire length={128}>{r.rule.name}</Wire></b>
      <StatusIndicator type={r.rule.enabled ? 'success' : 'stopped'}>{r.rule.enabled ? 'On' : 'Off'}</StatusIndicator>
      {r.rule.created_by && <span className="mw-quiet">made by <Wire length={64}>{r.rule.created_by}</Wire></span>}
    </div>
  )
}

function To({ of: r }: { of: RuleItem }): ReactNode {
  const c = r.rule.channel
  const headers = Object.keys(c.headers ?? {}).length
  return (
    <div className="mw-settings-two">
      <span>{kinds[c.type].name}</span>
      <Wire mono length={80}>{whereTo(c)}</Wire>
      {(r.has_secret || headers > 0) && <span className="mw-quiet">{[r.has_secret && 'secret kept', headers > 0 && `${counted(headers, 'header')} kept`].filter(Boolean).join(', ')}</span>}
    </div>
  )
}

function Told({ of: r }: { of: RuleItem }): ReactNode {
  const on = r.rule.on?.length ? r.rule.on : usualReasons
  return (
    <div className="mw-settings-two">
      <Match of={r.rule.match} />
      <span className="mw-quiet">{on.map((k) => reasons[k].name).join(', ')}</span>
    </div>
  )
}

function Rhythm({ of: { rule: r } }: { of: RuleItem }): ReactNode {
  return (
    <div className="mw-settings-two">
      <span>{r.digest ? `Together every ${visible(r.digest, 8)}` : 'At once'}, at most {r.per_hour || 60} an hour</span>
      {(r.quiet ?? []).slice(0, 3).map((q, i) => <span key={i} className="mw-quiet">Quiet <Wire length={120}>{quietText(q)}</Wire></span>)}
      {(r.quiet?.length ?? 0) > 3 && <span className="mw-quiet">and {(r.quiet?.length ?? 0) - 3} more</span>}
    </div>
  )
}

function Actions({ of: r, does }: { of: RuleItem; does: Does }): ReactNode {
  const name = visible(r.rule.name, 80)
  const test = useChange(() => told(api.POST('/v1/notifications/rules/{id}/test', { params: { path: { id: r.id } } })), {
    touches: ['audit'], says: (sent) => (sent.ok ? { text: `“${name}”: the sample arrived.` } : { type: 'warning', text: `“${name}”: the sample did not arrive: ${visible(sent.detail ?? 'not said why', 500)}` }),
  })
  const turn = useChange(() => turned(r), { touches: ['notification-rules'], says: (now) => ({ text: `“${name}” is ${now.rule.enabled ? 'on' : 'off'}.` }) })
  return (
    <RowActions
      named={r.rule.name} first={{ text: 'Change', op: 'putNotificationRule', run: () => does.edit(r) }}
      rest={[
        { text: 'Send a test', op: 'testNotificationRule', busy: test.busy, run: () => test.run(undefined) },
        { text: r.rule.enabled ? 'Turn off' : 'Turn on', op: 'putNotificationRule', busy: turn.busy, run: () => turn.run(undefined) },
        { text: 'Delete', op: 'deleteNotificationRule', run: () => does.remove(r) },
      ]}
    />
  )
}
