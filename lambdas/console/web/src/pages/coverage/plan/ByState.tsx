// What the mirror loop does about each state, where no plan is kept: that much is known without one. The exact plan is made on the command line.
import Box from '@cloudscape-design/components/box'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import type { Schemas } from '../../../api/client'
import type { Reading } from '../../../api/read'
import { counted } from '../../../ui/number'
import { Read } from '../../../ui/Panel'
import { steps } from '../logic'
import { stateOf } from '../states'

export function ByState({ of }: { of: Reading<Schemas['CoverageSummary']> }): ReactNode {
  return (
    <Read of={of} lines={5} empty={(s) => (s.total.interfaces === 0 ? 'No interface is known yet.' : undefined)}>
      {(s) => (
        <>
          <Box variant="h3" padding={{ bottom: 'xs' }}>What the mirror loop does next, by state</Box>
          <ul className="mw-plan">
            {steps(s.total.states).map((x) => (
              <li key={x.state}><StatusIndicator type={stateOf(x.state).sign}>{stateOf(x.state).name}</StatusIndicator> <span><b>{counted(x.count, 'interface')}</b>: it {x.loop}.</span></li>
            ))}
          </ul>
          <p className="mw-detail-text">
            This follows from the states as they were last told. A plan of every single change, with its reason and what it costs a month, needs the policy and what AWS has at that moment.
          </p>
        </>
      )}
    </Read>
  )
}
