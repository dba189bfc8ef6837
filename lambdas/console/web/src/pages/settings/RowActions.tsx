import Button from '@cloudscape-design/components/button'
import ButtonDropdown from '@cloudscape-design/components/button-dropdown'
import type { ReactNode } from 'react'
import { useMe, type Operation } from '../../state/me'
import { May } from '../../ui/May'
import { visible } from '../../ui/Wire'

export interface Action {
  text: string
  op?: Operation // what it calls: where one may not, it is disabled with the reason; absent: it only looks
  against?: string // why it makes no sense now
  busy?: boolean
  run: () => void
}

/** What can be done with a row: the most usual at once, the rest behind three dots, so that the column is never the one that is cut off. */
export function RowActions({ named, first, rest = [] }: { named: string; first: Action; rest?: Action[] }): ReactNode {
  const me = useMe()
  const name = visible(named, 60)
  const denied = (a: Action) => (a.op && !me.rights.includes(a.op) ? `Your role is ${me.role}, which may not do this.` : a.against)
  const common = { variant: 'inline-link' as const, ariaLabel: `${first.text} ${name}`, loading: first.busy, onClick: first.run, disabled: first.against !== undefined, disabledReason: first.against }
  return (
    <div className="mw-settings-actions">
      {first.op ? <May op={first.op} {...common}>{first.text}</May> : <Button {...common}>{first.text}</Button>}
      {rest.length > 0 && (
        <ButtonDropdown
          variant="icon" expandToViewport ariaLabel={`More to do with ${name}`} loading={rest.some((a) => a.busy)}
          items={rest.map((a, i) => ({ id: String(i), text: a.text, disabled: denied(a) !== undefined, disabledReason: denied(a) }))}
          onItemClick={(e) => rest[Number(e.detail.id)]?.run()}
        />
      )}
    </div>
  )
}
