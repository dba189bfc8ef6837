import type { ReactNode } from 'react'
import { api, told } from '../../../api/client'
import { useChange } from '../../../api/change'
import { Confirm } from '../../../ui/Confirm'
import { visible } from '../../../ui/Wire'
import type { User } from './Users'

/** Asks before a user goes. */
export function DeleteUser({ of: u, close }: { of: User; close: () => void }): ReactNode {
  const name = visible(u.name, 64)
  const remove = useChange(() => told(api.DELETE('/v1/users/{name}', { params: { path: { name: u.name }, header: { 'If-Match': `"${u.revision}"` } } })), {
    touches: ['users', 'api-keys'], done: close, says: () => ({ text: `${name} is deleted.` }), failed: (p) => p.status !== 412,
  })
  return (
    <Confirm title={`Delete ${name}?`} does="Delete the user" busy={remove.busy} problem={remove.problem} run={() => remove.run(undefined)} close={close}>
      {name} can sign in no more, and all sessions end. What {name} did stays in the audit log. To keep the account for later, disable it instead.
    </Confirm>
  )
}
