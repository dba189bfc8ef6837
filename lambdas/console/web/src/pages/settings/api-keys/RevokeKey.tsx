import type { ReactNode } from 'react'
import { api, told } from '../../../api/client'
import { useChange } from '../../../api/change'
import { Confirm } from '../../../ui/Confirm'
import { Time } from '../../../ui/Time'
import { visible } from '../../../ui/Wire'
import type { Key } from './APIKeys'

/** Asks before a key is revoked, with when it was used last. */
export function RevokeKey({ of: k, close }: { of: Key; close: () => void }): ReactNode {
  const name = visible(k.name, 60)
  const revoke = useChange(() => told(api.DELETE('/v1/api-keys/{id}', { params: { path: { id: k.id } } })), { touches: ['api-keys'], done: close, says: () => ({ text: `The key “${name}” is revoked.` }), failed: (p) => p.status !== 404 })
  return (
    <Confirm title={`Revoke the key “${name}”?`} does="Revoke the key" busy={revoke.busy} problem={revoke.problem} run={() => revoke.run(undefined)} close={close}>
      Whatever uses it is refused from now on, and it cannot be brought back. {k.last_used ? <>It was last used at <Time at={k.last_used} label />, to the hour.</> : 'It was never used.'}
    </Confirm>
  )
}
