import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import { useState, type ReactNode } from 'react'
import { api, told, type Schemas } from '../../../api/client'
import { useChange } from '../../../api/change'
import { useDraft, useSaidWhenLeft } from '../../../state/draft'
import { fieldsOf } from '../../../tuning/save'
import { FormModal } from '../FormModal'
import { Once } from '../Once'
import { RoleFields, roles } from '../RoleFields'

type New = Schemas['NewUser']

const start: New = { name: '', role: 'analyst', packets: false }
const fields = ['name', 'full_name', 'role', 'packets'] as const

/** Makes a user; the first password is made up by the server, and shown this once. */
export function NewUser({ close }: { close: () => void }): ReactNode {
  const draft = useDraft<New>('user.new', start, isNew)
  useSaidWhenLeft(draft)
  const [made, setMade] = useState<Schemas['CreatedUser']>()
  const make = useChange((u: New) => told(api.POST('/v1/users', { body: { ...u, name: u.name.trim(), full_name: u.full_name?.trim() || undefined } })), {
    touches: ['users'], failed: () => true,
    done: (m) => {
      draft.forget()
      setMade(m)
    },
  })
  if (made) {
    return (
      <Once title={`The first password of ${made.user.name}`} what="password" secret={made.password} close={close}>
        It must be changed at the first sign-in. Should it be lost, give {made.user.name} a new one.
      </Once>
    )
  }
  const u = draft.value
  const wrong = fieldsOf(make.problem, fields)
  const change = (part: Partial<New>) => draft.set((now) => ({ ...now, ...part }))
  const leave = () => {
    draft.forget()
    close()
  }
  return (
    <FormModal title="Make a user" does="Make the user" busy={make.busy} why={u.name.trim() ? undefined : 'The user has no name yet.'} wrong={wrong.rest} again={draft.found ? draft.restart : undefined} send={() => make.run(u)} close={leave} keep={close}>
      <FormField label="Name" description="What is typed to sign in." constraintText="Letters, digits, dot, dash, underline and @; at most 64." errorText={wrong.of('name')}>
        <Input value={u.name} onChange={(e) => change({ name: e.detail.value })} autoComplete={false} spellcheck={false} autoFocus />
      </FormField>
      <FormField label="Full name" errorText={wrong.of('full_name')}><Input value={u.full_name ?? ''} onChange={(e) => change({ full_name: e.detail.value })} autoComplete={false} /></FormField>
      <RoleFields role={u.role} packets={u.packets ?? false} change={change} wrong={wrong.of('role')} />
    </FormModal>
  )
}

function isNew(kept: unknown): kept is New {
  const u = kept as Partial<New> | null
  return typeof u === 'object' && u !== null && typeof u.name === 'string' && u.role !== undefined && u.role in roles
}
