import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import { api, told } from '../../../api/client'
import { useChange } from '../../../api/change'
import { useRead } from '../../../api/read'
import { useMe } from '../../../state/me'
import { May } from '../../../ui/May'
import { Read } from '../../../ui/Panel'
import { visible } from '../../../ui/Wire'
import { SessionTable } from '../SessionTable'
import type { User } from './Users'

/** A user's sessions, and what ends them all. */
export function UserSessions({ of: u, close }: { of: User; close: () => void }): ReactNode {
  const name = visible(u.name, 64)
  const own = useMe().name === u.name
  const path = { name: u.name }
  const sessions = useRead(['user-sessions', u.name], (signal) => told(api.GET('/v1/users/{name}/sessions', { signal, params: { path } })))
  const end = useChange(() => told(api.DELETE('/v1/users/{name}/sessions', { params: { path } })), { touches: ['user-sessions', 'my-sessions'], says: () => ({ text: `All sessions of ${name} are ended.` }) })
  const none = own ? 'This would end the session that you use: see “My sessions”.' : sessions.data?.items.length === 0 ? 'There is none.' : undefined
  return (
    <Modal
      visible size="large" header={`Sessions of ${name}`} onDismiss={close} closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>Close</Button>
            <May op="revokeUserSessions" loading={end.busy} disabled={none !== undefined} disabledReason={none} onClick={() => end.run(undefined)}>End all</May>
          </SpaceBetween>
        </Box>
      }
    >
      <Read of={sessions} empty={(d) => d.items.length === 0 && `${name} is not signed in anywhere.`}>{(d) => <SessionTable label={`Sessions of ${name}`} items={d.items} />}</Read>
    </Modal>
  )
}
