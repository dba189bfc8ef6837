import Button from '@cloudscape-design/components/button'
import { useState, type ReactNode } from 'react'
import { api, told } from '../../../api/client'
import { useChange } from '../../../api/change'
import { useRead } from '../../../api/read'
import { Confirm } from '../../../ui/Confirm'
import { May } from '../../../ui/May'
import { Page } from '../../../ui/Page'
import { Panel } from '../../../ui/Panel'
import { counted, digits } from '../../../ui/number'
import { Elsewhere, isElsewhere } from '../Refused'
import { SessionTable, type SessionItem } from '../SessionTable'
import '../settings.css'

const end = (s: SessionItem) => told(api.DELETE('/v1/me/sessions/{id}', { params: { path: { id: s.id } } }))

/** Where one is signed in oneself, and what ends that. */
export default function Sessions(): ReactNode {
  const sessions = useRead(['my-sessions'], (signal) => told(api.GET('/v1/me/sessions', { signal })), { every: 30_000 })
  const [asking, ask] = useState(false)
  const one = useChange(end, { touches: ['my-sessions'], says: () => ({ text: 'The session is ended.' }) })
  const others = sessions.data?.items.filter((s) => !s.current) ?? []
  const all = useChange(() => Promise.all(others.map((s) => end(s).catch(ignoreGone))), {
    touches: ['my-sessions'], done: () => ask(false), says: (ended) => ({ text: `${counted(ended.length, 'session')} ended.` }), failed: () => true,
  })
  const none = others.length === 0 ? 'There is no other session.' : undefined
  return (
    <Page title="My sessions" description="Where you are signed in. One that you do not know: end it, and change your password." of={[sessions]}>
      {isElsewhere(sessions)
        ? <Elsewhere of={sessions}>Sessions end when their token does; signing out ends this one.</Elsewhere>
        : (
          <Panel
            title="Sessions" of={sessions} count={(d) => digits(d.items.length)} empty={(d) => d.items.length === 0 && 'You have none here: you signed in with a key or a token, not with name and password.'}
            actions={<May op="revokeMySession" disabled={none !== undefined} disabledReason={none} onClick={() => ask(true)}>End all others</May>}
          >
            {(d) => (
              <SessionTable
                label="My sessions" items={[...d.items].sort((a, b) => Number(b.current) - Number(a.current) || b.seen.localeCompare(a.seen))}
                actions={(s) => (s.current
                  ? <Button variant="inline-link" disabled disabledReason="This is the session that you use: sign out in the menu at the top." ariaLabel="End this session">End</Button>
                  : <May op="revokeMySession" variant="inline-link" ariaLabel={`End the session from ${s.address ?? 'an address that is not known'}`} loading={one.busy && one.of?.id === s.id} onClick={() => one.run(s)}>End</May>)}
              />
            )}
          </Panel>
        )}
      {asking && <Confirm title="End all other sessions?" does={`End ${counted(others.length, 'session')}`} busy={all.busy} problem={all.problem} run={() => all.run(undefined)} close={() => ask(false)}>Whoever uses them must sign in again. This session stays.</Confirm>}
    </Page>
  )
}

// One that ended by itself meanwhile is ended as well.
function ignoreGone(e: unknown): void {
  if ((e as { status?: number }).status !== 404) throw e
}
