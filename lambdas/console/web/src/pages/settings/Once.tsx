import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Checkbox from '@cloudscape-design/components/checkbox'
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState, type ReactNode } from 'react'
import './settings.css'

interface Props {
  title: ReactNode
  what: string // "password"
  secret: string
  close: () => void
  children?: ReactNode // what to do with it
}

/** Shows a secret this once. It is in this dialog only, and nothing keeps it: the dialog is not closed by accident. */
export function Once({ title, what, secret, close, children }: Props): ReactNode {
  const [kept, setKept] = useState(false)
  const leave = () => kept && close()
  return (
    <Modal
      visible header={title} onDismiss={leave} closeAriaLabel="Close"
      footer={<Box float="right"><Button variant="primary" disabled={!kept} disabledReason={`Say that you have the ${what} first: it is shown this once.`} onClick={close}>Close</Button></Box>}
    >
      <SpaceBetween size="m">
        <Alert type="warning">The {what} is shown this once. Whoever has it can use it: pass it on by a way that only the right person reads.</Alert>
        <div className="mw-settings-secret">
          <code className="mw-mono">{secret}</code>
          <CopyToClipboard variant="icon" textToCopy={secret} copyButtonAriaLabel={`Copy the ${what}`} copySuccessText="Copied" copyErrorText="The browser did not let it be copied: mark it and copy it by hand" />
        </div>
        {children}
        <Checkbox checked={kept} onChange={(e) => setKept(e.detail.checked)}>I have the {what}</Checkbox>
      </SpaceBetween>
    </Modal>
  )
}
