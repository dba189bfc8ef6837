import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Toggle from '@cloudscape-design/components/toggle'
import { useState, type ReactNode } from 'react'
import { api, told, type Schemas } from '../../../api/client'
import { useChange } from '../../../api/change'
import { fieldsOf } from '../../../tuning/save'
import { visible } from '../../../ui/Wire'
import { FormModal } from '../FormModal'
import { RoleFields } from '../RoleFields'
import type { User } from './Users'

type Edited = Pick<User, 'full_name' | 'role' | 'packets' | 'disabled'>

const fields = ['full_name', 'role', 'packets', 'disabled'] as const

/** Only what was changed is sent: what somebody else changed of the rest stays. */
export function changeOf(u: User, e: Edited): Schemas['UserChange'] {
  const change: Schemas['UserChange'] = {}
  if ((e.full_name ?? '').trim() !== (u.full_name ?? '')) change.full_name = (e.full_name ?? '').trim()
  if (e.role !== u.role) change.role = e.role
  if (e.packets !== u.packets) change.packets = e.packets
  if (e.disabled !== u.disabled) change.disabled = e.disabled
  return change
}

/** Changes what a user is called and may. */
export function ChangeUser({ of: u, own, close }: { of: User; own: boolean; close: () => void }): ReactNode {
  const [first] = useState(u)
  const [edited, set] = useState<Edited>(u)
  const change = changeOf(first, edited)
  const none = Object.keys(change).length === 0
  const faster = u.revision !== first.revision
  const save = useChange((body: Schemas['UserChange']) => told(api.PATCH('/v1/users/{name}', { params: { path: { name: u.name }, header: { 'If-Match': `"${u.revision}"` } }, body })), {
    touches: ['users', 'user-sessions'], done: close, failed: (p) => p.status !== 412, says: (now) => ({ text: `${visible(now.name, 64)} is changed.` }),
  })
  const wrong = fieldsOf(save.problem?.status === 412 ? undefined : save.problem, fields)
  return (
    <FormModal
      title={`Change ${visible(u.name, 64)}`} does="Save" busy={save.busy} why={none ? 'Nothing is changed yet.' : undefined} send={() => save.run(change)} close={close}
      wrong={wrong.rest ?? (faster ? `Somebody changed this user meanwhile: now ${u.role}${u.packets ? ' with packets' : ''}, ${u.disabled ? 'disabled' : 'enabled'}. Saving changes only what you changed here.` : undefined)}
    >
      <FormField label="Full name" errorText={wrong.of('full_name')}><Input value={edited.full_name ?? ''} onChange={(e) => set({ ...edited, full_name: e.detail.value })} autoComplete={false} /></FormField>
      <RoleFields role={edited.role} packets={edited.packets} change={(part) => set({ ...edited, ...part })} wrong={wrong.of('role')} fixed={own ? 'Your own role has to be changed by another administrator.' : undefined} />
      <Toggle checked={!edited.disabled} disabled={own} onChange={(e) => set({ ...edited, disabled: !e.detail.checked })} description={own ? 'Your own account has to be disabled by another administrator.' : 'Who is disabled cannot sign in; sessions and keys stop working at once.'}>Enabled</Toggle>
    </FormModal>
  )
}
