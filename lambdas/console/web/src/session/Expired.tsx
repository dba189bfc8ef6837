import Modal from '@cloudscape-design/components/modal'
import type { ReactNode } from 'react'
import type { Me } from '../api/names'
import { Password } from './SignIn'

/** Over the page whose session has ended. It cannot be closed: nothing works without a session, and what was typed stays below. */
export function Expired({ name, enter }: { name: string; enter: (me: Me) => void }): ReactNode {
  return (
    <Modal visible header="Your session has ended" closeAriaLabel="Close">
      <p>Sign in again to go on. Nothing that you typed is lost.</p>
      <Password name={name} enter={enter} />
    </Modal>
  )
}
