import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useId, type ReactNode } from 'react'

interface Props {
  title: ReactNode
  does: string // on the button
  busy: boolean
  why?: string // why it cannot be sent yet
  wrong?: string // what no field is at fault for
  size?: 'medium' | 'large'
  again?: () => void // starts over, where a draft was found
  send: () => void
  close: () => void // gives up what was typed
  keep?: () => void // closes it with what was typed kept; absent: nothing is
  children: ReactNode
}

/** A form in a dialog: Enter sends it, and what is missing is said at the button. */
export function FormModal({ title, does, busy, why, wrong, size = 'medium', again, send, close, keep = close, children }: Props): ReactNode {
  const id = useId()
  return (
    <Modal
      visible size={size} header={title} onDismiss={keep} closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" formAction="none" onClick={close}>Cancel</Button>
            <Button variant="primary" form={id} formAction="submit" loading={busy} disabled={why !== undefined} disabledReason={why}>{does}</Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form id={id} onSubmit={(e) => { e.preventDefault(); if (why === undefined && !busy) send() }}>
        <SpaceBetween size="m">
          {again && <Alert type="info" action={<Button formAction="none" onClick={again}>Start over</Button>}>This is what you were writing before.</Alert>}
          {wrong && <Alert type="error">{wrong}</Alert>}
          {children}
        </SpaceBetween>
      </form>
    </Modal>
  )
}
