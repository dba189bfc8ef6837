import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import type { Problem } from '../api/client'

interface Props {
  title: ReactNode
  does: string // on the button: what it does, not "OK"
  busy: boolean
  problem?: Problem
  run: () => void
  close: () => void
  children: ReactNode // what will come of it
}

/** Asks before what cannot be taken back, and says what will come of it. */
export function Confirm({ title, does, busy, problem, run, close, children }: Props): ReactNode {
  return (
    <Modal
      visible header={title} onDismiss={close} closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>Cancel</Button>
            <Button variant="primary" loading={busy} onClick={run}>{does}</Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {problem && <Alert type="error" header={problem.title}>{problem.detail !== problem.title && problem.detail}</Alert>}
        <div>{children}</div>
      </SpaceBetween>
    </Modal>
  )
}
