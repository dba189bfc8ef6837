import Modal from '@cloudscape-design/components/modal'
import type { ComponentProps, ReactNode } from 'react'
import { RuleForm } from './RuleForm'

/** The form of a rule over a page. Cancel gives up what was typed; closing it otherwise keeps that for the next time, and says so. */
export function RuleModal(props: ComponentProps<typeof RuleForm>): ReactNode {
  return (
    <Modal visible size="large" header={props.of ? 'Change a tuning rule' : 'Hide detections by a rule'} onDismiss={() => props.onDone()} closeAriaLabel="Close">
      <RuleForm {...props} />
    </Modal>
  )
}
