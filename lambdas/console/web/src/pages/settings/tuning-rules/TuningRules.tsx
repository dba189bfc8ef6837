import Alert from '@cloudscape-design/components/alert'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState, type ReactNode } from 'react'
import { api, told } from '../../../api/client'
import { usePages } from '../../../api/pages'
import { useEditing } from '../../../state/editing'
import { useTell } from '../../../shell/Messages'
import { changedText } from '../../../tuning/applied'
import type { RuleItem } from '../../../tuning/RuleForm'
import { RuleModal } from '../../../tuning/RuleModal'
import { May } from '../../../ui/May'
import { Page } from '../../../ui/Page'
import { List } from '../List'
import { columns } from './columns'
import { DeleteRule } from './DeleteRule'

const fresh = { name: '', enabled: true, match: {} }

/** The rules that hide detections: what each hides now, who made it and why. */
export default function TuningRules(): ReactNode {
  const rules = usePages(['tuning-rules'], (cursor, signal) => told(api.GET('/v1/tuning/rules', { signal, params: { query: { limit: 200, cursor } } })))
  const [editing, edit] = useEditing()
  const [deleting, setDeleting] = useState<RuleItem>()
  const tell = useTell()
  const open = rules.data?.items.find((r) => r.id === editing)
  const done = (saved?: RuleItem) => {
    edit(undefined)
    if (saved) tell({ type: 'success', text: <>The rule is saved. {changedText(saved.applied)}</> })
  }
  return (
    <Page title="Tuning rules" description="What is known to be harmless is hidden, now and when it comes. It is never deleted, and shows where it is asked for." of={[rules]} actions={<May op="createTuningRule" variant="primary" onClick={() => edit('new')}>Make a rule</May>}>
      <SpaceBetween size="l">
        {editing && editing !== 'new' && rules.data && !open && <Alert type="warning" dismissible onDismiss={() => edit(undefined)}>The rule that the link leads to is not there any more.</Alert>}
        <List
          title="Rules" what="rules" of={rules} idOf={(r) => r.id} textOf={(r) => `${r.rule.name} ${r.rule.description ?? ''} ${r.rule.created_by ?? ''} ${JSON.stringify(r.rule.match)}`}
          columns={columns({ edit: (r) => edit(r.id), remove: setDeleting })} sort={{ column: 'name' }}
          empty="Nothing is hidden. A rule is best made from a detection that turned out to be harmless: “Tune” on its page fills it in."
        />
        {editing === 'new' && <RuleModal start={fresh} onDone={done} />}
        {open && <RuleModal key={open.id} start={open.rule} of={open} onDone={done} />}
        {deleting && <DeleteRule of={deleting} close={() => setDeleting(undefined)} />}
      </SpaceBetween>
    </Page>
  )
}
