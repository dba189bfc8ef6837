import ButtonDropdown, { type ButtonDropdownProps } from '@cloudscape-design/components/button-dropdown'
import { useState, type ReactNode } from 'react'
import { api, told } from '../../api/client'
import { useRead } from '../../api/read'
import type { Detection } from '../../api/names'
import { useDenied, useMe } from '../../state/me'
import { visible } from '../../ui/Wire'
import type { Triage } from './triage'

/** Who works on a detection. Whoever may not list the users can take it or give it up. */
export function AssignMenu({ d, triage }: { d: Detection; triage: Triage }): ReactNode {
  const me = useMe()
  const denied = useDenied('updateDetection')
  const mayList = useDenied('listUsers') === undefined
  const [wanted, want] = useState(false)
  const users = useRead(['users', 'names'], (signal) => told(api.GET('/v1/users', { params: { query: { limit: 200 } }, signal })), { when: mayList && wanted, patience: 60_000 })
  const others = (users.data?.items ?? []).map((u) => u.name).filter((n) => n !== me.name && n !== d.assignee)
  const give = (name: string) => void triage.make({ assignee: name }, name === '' ? 'It is assigned to nobody.' : name === me.name ? 'It is assigned to you.' : `It is assigned to ${visible(name, 64)}.`)
  const items: ButtonDropdownProps.ItemOrGroup[] = [
    { id: `u:${me.name}`, text: 'To me', disabled: d.assignee === me.name, disabledReason: 'It is assigned to you already' },
    { id: 'u:', text: 'To nobody', disabled: !d.assignee, disabledReason: 'It is assigned to nobody' },
    ...(others.length > 0 ? [{ text: 'To', items: others.map((n) => ({ id: `u:${n}`, text: visible(n, 64) })) }] : []),
  ]
  return (
    <span onPointerEnter={() => want(true)} onFocus={() => want(true)}>
      <ButtonDropdown
        items={items}
        ariaLabel={d.assignee ? `Assigned to ${visible(d.assignee, 64)}` : 'Assign'}
        disabled={denied !== undefined}
        disabledReason={denied}
        onItemClick={(e) => give(e.detail.id.slice(2))}
      >
        {d.assignee ? visible(d.assignee, 30) : 'Assign'}
      </ButtonDropdown>
    </span>
  )
}
