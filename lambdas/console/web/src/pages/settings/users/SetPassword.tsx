import { useState, type ReactNode } from 'react'
import { api, told } from '../../../api/client'
import { useChange } from '../../../api/change'
import { freshFault, PasswordFields, twiceFault } from '../../../session/PasswordFields'
import { visible } from '../../../ui/Wire'
import { FormModal } from '../FormModal'
import type { User } from './Users'

/** Gives a user a password that is chosen here. It is in this form only: no draft has it, and nothing shows it afterwards. */
export function SetPassword({ of: u, close }: { of: User; close: () => void }): ReactNode {
  const name = visible(u.name, 64)
  const [typed, setTyped] = useState({ fresh: '', twice: '' })
  const set = useChange((password: string) => told(api.PUT('/v1/users/{name}/password', { params: { path: { name: u.name } }, body: { password } })), {
    touches: ['users', 'user-sessions'], done: close, failed: () => true,
    says: () => ({ text: `${name} has the password that you chose, and must change it at the next sign-in, within 7 days.` }),
  })
  const why = freshFault(u.name, typed.fresh, true) ?? twiceFault(typed)
  const refused = set.problem?.errors.map((e) => `It must be ${e.allowed}.`).join(' ')
  const change = (t: typeof typed) => {
    set.reset()
    setTyped(t)
  }
  return (
    <FormModal title={`Choose a password for ${name}`} does="Set the password" busy={set.busy} why={why} wrong={refused ? undefined : set.problem?.message} send={() => set.run(typed.fresh)} close={close}>
      <div className="mw-quiet">
        Pass it on by a way that only {name} reads: it is not shown again. {name} must choose another at the next sign-in; a password that is not changed within 7 days stops working.
        The old one stops at once, all sessions of {name} end, and a lock after wrong passwords goes.
        <input className="mw-hidden" type="text" autoComplete="username" value={u.name} readOnly tabIndex={-1} aria-hidden="true" />
      </div>
      <PasswordFields
        of={typed} change={change} name={u.name} others more={u.full_name?.split(/\s+/)} focus
        wrong={{ fresh: refused, twice: typed.twice && !typed.fresh.startsWith(typed.twice) ? twiceFault(typed) : undefined }}
      />
    </FormModal>
  )
}
