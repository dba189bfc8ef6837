import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import { type ReactNode } from 'react'
import { api, told } from '../../api/client'
import { useRead } from '../../api/read'
import type { Detection } from '../../api/names'
import { useDenied } from '../../state/me'
import { Go } from '../../ui/Link'
import { Wire } from '../../ui/Wire'
import type { Triage } from './triage'
import { resolutionWord, statusWord } from './words'

/** Says which tuning rule hides a detection, and where that rule is. */
export function HiddenBanner({ d }: { d: Detection }): ReactNode {
  const id = d.hidden_by
  const mayRead = useDenied('getTuningRule') === undefined
  const rule = useRead(['tuning-rules', 'one', id], (signal) => told(api.GET('/v1/tuning/rules/{id}', { params: { path: { id: id ?? '' } }, signal })), { when: !!id && mayRead, patience: 60_000 })
  if (!id) return null
  return (
    <Alert type="info" header="A tuning rule hides this detection">
      Lists leave it out, and nobody is notified of it. The rule is <Go to="/settings/tuning-rules" query={{ edit: id }}><Wire length={80}>{rule.data?.rule.name ?? id}</Wire></Go>
      {rule.data?.rule.description && <>: <Wire length={200}>{rule.data.rule.description}</Wire></>}
      {rule.data && !rule.data.active && '. It is not active any more.'}
    </Alert>
  )
}

/** Says that somebody was faster, what is there now, and what was not done. */
export function ConflictBanner({ triage }: { triage: Triage }): ReactNode {
  const c = triage.conflict
  if (!c) return null
  const { theirs, mine } = c
  return (
    <Alert
      type="warning"
      dismissible
      dismissAriaLabel="Leave it as it is"
      onDismiss={triage.settle}
      header={<><Wire length={64}>{c.by ?? 'Somebody else'}</Wire> was faster</>}
      action={<Button loading={triage.busy} onClick={triage.insist}>Make mine all the same</Button>}
    >
      It is now {statusWord[theirs.status].toLowerCase()}
      {theirs.resolution ? ` (${resolutionWord[theirs.resolution].toLowerCase()})` : ''}, assigned to <Wire length={64}>{theirs.assignee || 'nobody'}</Wire>. Your change was not made
      {mine.status && `: ${statusWord[mine.status].toLowerCase()}`}
      {mine.resolution ? ` (${resolutionWord[mine.resolution].toLowerCase()})` : ''}
      {mine.assignee !== undefined && <>: assigned to <Wire length={64}>{mine.assignee || 'nobody'}</Wire></>}
      {mine.note && <>, with the note “<Wire length={200}>{mine.note}</Wire>”</>}.
    </Alert>
  )
}
