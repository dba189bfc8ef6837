import ButtonDropdown, { type ButtonDropdownProps } from '@cloudscape-design/components/button-dropdown'
import { useState, type ReactNode } from 'react'
import type { Detection } from '../../api/names'
import { usePeople } from '../../detections/people'
import { useDenied, useMe } from '../../state/me'
import { visible } from '../../ui/Wire'
import type { Triage } from './triage'

/** Who works on a detection. Offered are the users who can sign in; to whoever may not list them, those who have detections. */
export function AssignMenu({ d, triage }: { d: Detection; triage: Triage }): ReactNode {
  const me = useMe()
  const denied = useDenied('updateDetection')
  const [wanted, want] = useState(false)
  const others = usePeople(wanted).filter((n) => n !== me.name && n !== d.assignee)
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
