import Modal from '@cloudscape-design/components/modal'
import type { ComponentProps, ReactNode } from 'react'
import { RuleForm } from './RuleForm'

/** The form of a rule over a page. Closing it gives up what was typed, as Cancel does; a reload and an ended session do not. */
export function RuleModal(props: ComponentProps<typeof RuleForm>): ReactNode {
  return (
    <Modal visible size="large" header={props.of ? 'Change a tuning rule' : 'Hide detections by a rule'} onDismiss={() => props.onDone()} closeAriaLabel="Close">
      <RuleForm {...props} />
    </Modal>
  )
}
