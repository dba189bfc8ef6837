import Modal from '@cloudscape-design/components/modal'
import type { ComponentProps, ReactNode } from 'react'
import { RuleForm } from './RuleForm'

/** The form of a rule over a page. Closing it leaves what was typed: the next time it is there again. */
export function RuleModal(props: ComponentProps<typeof RuleForm>): ReactNode {
  return (
    <Modal visible size="large" header={props.of ? 'Change a tuning rule' : 'Hide detections by a rule'} onDismiss={() => props.onDone()} closeAriaLabel="Close">
      <RuleForm {...props} />
    </Modal>
  )
}
