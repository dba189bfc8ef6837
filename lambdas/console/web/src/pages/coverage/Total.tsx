// The number that counts, what stands against it, and whether the sensors are well.
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import type { Reading } from '../../api/read'
import { digits } from '../../ui/number'
import { Read } from '../../ui/Panel'
import { percent } from './logic'
import { Bar } from './Shares'
import { sortedStates, stateOf, type State } from './states'

interface Props {
  of: Reading<Schemas['CoverageSummary']>
  chosen: readonly State[]
  toggle: (s: State) => void
}

export function Total({ of, chosen, toggle }: Props): ReactNode {
  return (
    <Container header={<Header variant="h2" description="Each interface is in one state. Choosing states narrows the list below.">All interfaces</Header>}>
      <Read of={of} lines={3} empty={(s) => (s.total.interfaces === 0 ? 'No interface is known yet. Sensors tell of observation points as packets come; the mirror loop tells of every interface of the account.' : undefined)}>
        {({ total }) => (
          <div className="mw-total">
            <div>
              <div className="mw-total-number">{total.wanted === 0 ? '–' : percent(total.percent)}</div>
              <div>{digits(total.mirrored)} of {digits(total.wanted)} wanted are mirrored; {digits(total.interfaces)} in all</div>
              <Bar s={total} />
            </div>
            <ul className="mw-total-states" aria-label="Interfaces by state">
              {sortedStates(total.states).map(([s, n]) => (
                <li key={s}>
                  <button type="button" className="mw-state-button" aria-pressed={chosen.includes(s as State)} title={stateOf(s).means} onClick={() => toggle(s as State)}>
                    <StatusIndicator type={stateOf(s).sign}>{stateOf(s).name}</StatusIndicator> <b>{digits(n)}</b>
                  </button>
                </li>
              ))}
            </ul>
          </div>
        )}
      </Read>
    </Container>
  )
}
