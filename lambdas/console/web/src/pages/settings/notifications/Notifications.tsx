import Alert from '@cloudscape-design/components/alert'
import { useState, type ReactNode } from 'react'
import { api, told } from '../../../api/client'
import { useChange } from '../../../api/change'
import { usePages } from '../../../api/pages'
import { useEditing } from '../../../state/editing'
import { useDenied } from '../../../state/me'
import { Confirm } from '../../../ui/Confirm'
import { May } from '../../../ui/May'
import { Page } from '../../../ui/Page'
import { visible } from '../../../ui/Wire'
import { List } from '../List'
import { Readable } from '../Refused'
import { whereTo, type RuleItem } from './channel'
import { columns } from './columns'
import { DeadLetters } from './DeadLetters'
import { EditRule } from './EditRule'
import '../settings.css'

/** Who is told of what, and what did not arrive. */
export default function Notifications(): ReactNode {
  const allowed = useDenied('listNotificationRules') === undefined
  const rules = usePages<RuleItem>(['notification-rules'], (cursor, signal) => told(api.GET('/v1/notifications/rules', { signal, params: { query: { limit: 200, cursor } } })), { when: allowed })
  const [editing, edit] = useEditing()
  const [deleting, setDeleting] = useState<RuleItem>()
  const open = rules.data?.items.find((r) => r.id === editing)
  const close = () => edit(undefined)
  return (
    <Page title="Notifications" description="Who is told of what: by webhook, Slack, PagerDuty, SNS, syslog or a file." of={allowed ? [rules] : []} actions={<May op="createNotificationRule" variant="primary" onClick={() => edit('new')}>Make a rule</May>}>
      <Readable op="listNotificationRules" what="the notification rules">
        <div className="mw-settings-stack">
          {editing && editing !== 'new' && rules.data && !open && <Alert type="warning" dismissible onDismiss={close}>The rule that the link leads to is not there any more.</Alert>}
          <List<RuleItem>
            title="Rules" what="rules" of={rules} idOf={(r) => r.id} textOf={(r) => `${r.rule.name} ${r.rule.channel.type} ${whereTo(r.rule.channel)} ${JSON.stringify(r.rule.match)}`} sort={{ column: 'name' }}
            columns={columns({ edit: (r) => edit(r.id), remove: setDeleting })}
            empty="Nobody is told of anything: what is found waits here until somebody looks. Make a rule for what must not wait."
          />
          <DeadLetters rules={rules.data} />
        </div>
        {editing === 'new' && <EditRule close={close} />}
        {open && <EditRule key={open.id} of={open} close={close} />}
        {deleting && <DeleteRule of={deleting} close={() => setDeleting(undefined)} />}
      </Readable>
    </Page>
  )
}

function DeleteRule({ of: r, close }: { of: RuleItem; close: () => void }): ReactNode {
  const name = visible(r.rule.name, 80)
  const remove = useChange(() => told(api.DELETE('/v1/notifications/rules/{id}', { params: { path: { id: r.id }, header: { 'If-Match': `"${r.revision}"` } } })), {
    touches: ['notification-rules'], done: close, says: () => ({ text: `“${name}” is deleted.` }), failed: (p) => p.status !== 412,
  })
  return (
    <Confirm title={`Delete “${name}”?`} does="Delete the rule" busy={remove.busy} problem={remove.problem} run={() => remove.run(undefined)} close={close}>
      {visible(whereTo(r.rule.channel), 100)} is told of nothing by it any more, and its secrets are gone. To keep them for later, turn it off instead.
    </Confirm>
  )
}
