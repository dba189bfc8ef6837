import Button from '@cloudscape-design/components/button'
import Modal from '@cloudscape-design/components/modal'
import type { ReactNode } from 'react'
import { useTell } from '../shell/Messages'
import { useMe } from '../state/me'
import { NewPassword } from './NewPassword'
import { useOwnSession } from './Session'

/** Changes one's own password, over whatever page one is on. */
export function ChangePassword({ close }: { close: () => void }): ReactNode {
  const me = useMe()
  const tell = useTell()
  const { changed } = useOwnSession()
  return (
    <Modal visible onDismiss={close} header="Change the password" closeAriaLabel="Close">
      <p className="mw-quiet">Your other sessions end with the change, in other browsers too.</p>
      <NewPassword
        name={me.name}
        other={<Button variant="link" formAction="none" onClick={close}>Cancel</Button>}
        changed={(now) => {
          changed(now)
          close()
          tell({ type: 'success', text: 'Your password is changed. Your other sessions have ended.' })
        }}
      />
    </Modal>
  )
}
