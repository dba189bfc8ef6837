import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import type { Schemas } from '../api/client'
import { Time } from '../ui/Time'
import { Wire } from '../ui/Wire'
import { Match } from './Match'

interface Props {
  of: Schemas['TuningRuleItem']
  take: () => void
  overwrite: () => void
}

/** Somebody else changed the rule meanwhile: what it is now, and the choice between that and what was typed. */
export function Theirs({ of, take, overwrite }: Props): ReactNode {
  return (
    <Alert
      type="warning"
      header={<>Somebody changed this rule at <Time at={of.modified} label />, while you were writing</>}
      action={
        <SpaceBetween direction="horizontal" size="xs">
          <Button formAction="none" onClick={take}>Take theirs</Button>
          <Button formAction="none" onClick={overwrite}>Save mine over it</Button>
        </SpaceBetween>
      }
    >
      <p>What you typed is still below. This is there now:</p>
      <KeyValuePairs
        columns={3}
        items={[
          { label: 'Name', value: <Wire length={128}>{of.rule.name}</Wire> },
          { label: 'Why', value: <Wire length={300}>{of.rule.description || 'Not said'}</Wire> },
          { label: of.rule.enabled ? 'On, hides' : 'Off, would hide', value: <Match of={of.rule.match} /> },
        ]}
      />
    </Alert>
  )
}
