import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Select from '@cloudscape-design/components/select'
import { useState, type ReactNode } from 'react'
import { api, told, type Schemas } from '../../../api/client'
import { useChange } from '../../../api/change'
import { usePages } from '../../../api/pages'
import { useDenied, useMe } from '../../../state/me'
import { useDraft, useSaidWhenLeft } from '../../../state/draft'
import { fieldsOf } from '../../../tuning/save'
import { Expiry } from '../../../ui/Expiry'
import { visible } from '../../../ui/Wire'
import { FormModal } from '../FormModal'
import { Once } from '../Once'
import { RoleFields, roles } from '../RoleFields'

type New = Schemas['NewAPIKey']

const start: New = { name: '', role: 'viewer', packets: false }
const fields = ['name', 'owner', 'role', 'packets', 'expires_at'] as const

/** Makes a key, and shows it this once. */
export function NewKey({ close }: { close: () => void }): ReactNode {
  const me = useMe()
  const draft = useDraft<New>('key.new', start, isNew)
  useSaidWhenLeft(draft)
  const [made, setMade] = useState<Schemas['CreatedAPIKey']>()
  const users = usePages(['users'], (cursor, signal) => told(api.GET('/v1/users', { signal, params: { query: { limit: 200, cursor } } })), { when: useDenied('listUsers') === undefined })
  const make = useChange((k: New) => told(api.POST('/v1/api-keys', { body: { ...k, name: k.name.trim() } })), {
    touches: ['api-keys'], failed: () => true,
    done: (m) => {
      draft.forget()
      setMade(m)
    },
  })
  if (made) return <Once title={`The key “${visible(made.item.name, 60)}”`} what="key" secret={made.key} close={close}>The program sends it with each request as “Authorization: Bearer …”.</Once>
  const k = draft.value
  const wrong = fieldsOf(make.problem, fields)
  const change = (part: Partial<New>) => draft.set((now) => ({ ...now, ...part }))
  const owners = (users.data?.items ?? []).map((u) => ({ value: u.name, label: visible(u.name, 64), description: u.role }))
  const leave = () => {
    draft.forget()
    close()
  }
  return (
    <FormModal title="Make an API key" does="Make the key" busy={make.busy} why={k.name.trim() ? undefined : 'The key has no name yet.'} wrong={wrong.rest} again={draft.found ? draft.restart : undefined} send={() => make.run(k)} close={leave} keep={close}>
      <FormField label="Name" description="The program that will use it." errorText={wrong.of('name')}>
        <Input value={k.name} onChange={(e) => change({ name: e.detail.value })} placeholder="ticketing" autoComplete={false} autoFocus />
      </FormField>
      <FormField label="Owner" description="The user whose it is: a key may never do more than its owner, and stops when the owner is disabled." errorText={wrong.of('owner')}>
        <Select
          ariaLabel="Owner" options={owners} filteringType="auto" selectedOption={owners.find((o) => o.value === (k.owner ?? me.name)) ?? { value: me.name, label: me.name }}
          statusType={users.state === 'loading' ? 'loading' : users.state === 'failed' ? 'error' : 'finished'} errorText={users.problem?.title}
          onChange={(e) => change({ owner: e.detail.selectedOption.value === me.name ? undefined : e.detail.selectedOption.value })}
        />
      </FormField>
      <RoleFields role={k.role} packets={k.packets ?? false} change={change} wrong={wrong.of('role')} />
      <Expiry label="Ends" description="A key that ends by itself cannot be forgotten." at={k.expires_at} wrong={wrong.of('expires_at')} change={(expires_at) => change({ expires_at })} />
    </FormModal>
  )
}

function isNew(kept: unknown): kept is New {
  const k = kept as Partial<New> | null
  return typeof k === 'object' && k !== null && typeof k.name === 'string' && k.role !== undefined && k.role in roles
}
