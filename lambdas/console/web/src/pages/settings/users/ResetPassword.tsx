import { useState, type ReactNode } from 'react'
import { api, told } from '../../../api/client'
import { useChange } from '../../../api/change'
import { Confirm } from '../../../ui/Confirm'
import { visible } from '../../../ui/Wire'
import { Once } from '../Once'
import type { User } from './Users'

/** Gives a user a new first password, made up by the server. */
export function ResetPassword({ of: u, close }: { of: User; close: () => void }): ReactNode {
  const [password, setPassword] = useState<string>()
  const name = visible(u.name, 64)
  const reset = useChange(() => told(api.POST('/v1/users/{name}/password', { params: { path: { name: u.name } } })), { touches: ['users', 'user-sessions'], done: (p) => setPassword(p.password), failed: () => true })
  if (password !== undefined) return <Once title={`The new password of ${name}`} what="password" secret={password} close={close}>It must be changed at the next sign-in.</Once>
  return (
    <Confirm title={`A new password for ${name}?`} does="Make a new password" busy={reset.busy} problem={reset.problem} run={() => reset.run(undefined)} close={close}>
      The old one stops working at once, and all sessions of {name} end. A lock after wrong passwords goes too. The new one is shown this once.
    </Confirm>
  )
}
