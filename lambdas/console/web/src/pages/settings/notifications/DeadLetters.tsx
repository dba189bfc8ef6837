import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useState, type ReactNode } from 'react'
import { api, told, type Schemas } from '../../../api/client'
import { useChange } from '../../../api/change'
import { usePages, type PageOf } from '../../../api/pages'
import { May } from '../../../ui/May'
import { detectionPath, Go } from '../../../ui/Link'
import { Time, useZoneLabel } from '../../../ui/Time'
import { Wire, visible } from '../../../ui/Wire'
import { digits } from '../../../ui/number'
import { List } from '../List'
import { RowActions } from '../RowActions'
import { AllLetters, type Does } from './AllLetters'
import { reasonName, type RuleItem } from './channel'
import { letterOf } from './letter'

type Dead = Schemas['DeadLetter']

const noRule = 'Its rule is gone: there is nowhere to send it.'

/** What could not be delivered, and why: sent again, or forgotten. */
export function DeadLetters({ rules: read }: { rules: PageOf<RuleItem> | undefined }): ReactNode {
  const rules = read?.items
  const letters = usePages<Dead>(['dead-letters'], (cursor, signal) => told(api.GET('/v1/notifications/dead-letters', { signal, params: { query: { limit: 100, cursor } } })))
  const zone = useZoneLabel()
  const all = read !== undefined && !read.next // else a rule that is not among them may be on the next page
  const ruleOf = (d: Dead) => rules?.find((r) => r.id === letterOf(d.letter).rule)
  const [doing, does] = useState<Does>()
  const against = (d: Dead) => (all && !ruleOf(d) ? noRule : undefined)
  const items = letters.data?.items ?? []
  const none = items.length === 0 ? 'There is none.' : undefined
  return (
    <>
      <List<Dead>
        title="Not delivered" what="notifications" of={letters} idOf={(d) => d.id} textOf={(d) => JSON.stringify(d.letter)} description="Each was tried several times. They are kept for 90 days."
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <May op="deleteDeadLetter" disabled={none !== undefined} disabledReason={none} onClick={() => does('forget')}>Forget all</May>
            <May op="resendDeadLetter" disabled={none !== undefined} disabledReason={none} onClick={() => does('send')}>Send all again</May>
          </SpaceBetween>
        }
        empty={<StatusIndicator type="success">Everything was delivered.</StatusIndicator>}
        columns={[
          { id: 'about', header: 'About', isRowHeader: true, minWidth: 180, cell: (d) => <About of={d} /> },
          { id: 'error', header: 'Why', minWidth: 230, cell: (d) => <div className="mw-settings-two"><Wire length={200} whole>{letterOf(d.letter).error || 'not said'}</Wire><span className="mw-quiet">tried {digits(letterOf(d.letter).attempts)} times</span></div> },
          { id: 'rule', header: 'Rule', minWidth: 140, cell: (d) => <Wire length={100}>{ruleOf(d)?.rule.name ?? (all ? 'A rule that is gone' : letterOf(d.letter).rule)}</Wire> },
          { id: 'time', header: `Given up (${zone})`, minWidth: 180, cell: (d) => <Time at={letterOf(d.letter).died ?? d.created} /> },
          { id: 'does', header: 'Actions', minWidth: 150, cell: (d) => <Actions of={d} against={against(d)} /> },
        ]}
      />
      {doing && <AllLetters does={doing} known={digits(items.length) + (letters.data?.next ? '+' : '')} against={against} close={() => does(undefined)} />}
    </>
  )
}

function About({ of: d }: { of: Dead }): ReactNode {
  const { reason, about, detection } = letterOf(d.letter)
  const title = <Wire length={120}>{about || 'not said'}</Wire>
  return <div className="mw-settings-two">{detection ? <Go to={detectionPath(detection)}>{title}</Go> : title}<span className="mw-quiet">{visible(reasonName(reason), 32)}</span></div>
}

function Actions({ of: d, against }: { of: Dead; against?: string }): ReactNode {
  const path = { id: d.id }
  const resend = useChange(() => told(api.POST('/v1/notifications/dead-letters/{id}/resend', { params: { path } })), {
    touches: ['dead-letters'], says: (r) => (r.ok ? { text: 'It is on its way again.' } : { type: 'warning', text: `It could not be sent again: ${visible(r.detail ?? 'not said why')}` }),
  })
  const forget = useChange(() => told(api.DELETE('/v1/notifications/dead-letters/{id}', { params: { path } })), { touches: ['dead-letters'], says: () => ({ text: 'It is forgotten.' }) })
  return (
    <RowActions
      named={letterOf(d.letter).about} first={{ text: 'Send again', op: 'resendDeadLetter', against, busy: resend.busy, run: () => resend.run(undefined) }}
      rest={[{ text: 'Forget', op: 'deleteDeadLetter', busy: forget.busy, run: () => forget.run(undefined) }]}
    />
  )
}
