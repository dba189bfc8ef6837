// Whether a device's interface is watched: what is not seen of it cannot be accused.
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import type { Device } from '../../api/names'
import { Go } from '../../ui/Link'
import { digits } from '../../ui/number'
import { Empty, Read } from '../../ui/Panel'
import { Time } from '../../ui/Time'
import { Wire } from '../../ui/Wire'
import { isPlaced, useCoverage } from './data'

const states: Readonly<Record<Schemas['CoverageState'], [StatusIndicatorProps.Type, string]>> = {
  mirrored: ['success', 'Mirrored'], pending: ['pending', 'About to be mirrored'], silent: ['warning', 'Mirrored, and nothing comes'], shadowed: ['warning', 'Shadowed by another session'],
  excluded: ['stopped', 'Excluded on purpose'], unsupported_type: ['error', 'Its instance type cannot be mirrored'], unsupported_interface: ['error', 'Such an interface cannot be mirrored'],
  slots_full: ['error', 'No free session number on the interface'], quota: ['error', 'A quota of AWS is reached'], budget: ['stopped', 'Beyond the budget'], stopped: ['stopped', 'Stopped'], error: ['error', 'Failed'],
}

export function Coverage({ d }: { d: Device }): ReactNode {
  const coverage = useCoverage(d)
  return (
    <Container header={<Header variant="h2" description="Whether the traffic of its network interface is watched">Coverage</Header>}>
      {!isPlaced(d) ? <Empty>{d.external ? 'It is outside: it is seen where it speaks with watched devices.' : 'Its network interface is not known, so nothing can be said. The inventory of AWS tells which it is.'}</Empty> : (
        <Read of={coverage} lines={2} empty={(c) => (!c.interface && c.complete ? 'The plan of mirrors does not know its interface. It may have been deleted, or be in an account that is not looked at.' : undefined)}>
          {(c) => c.interface && <State of={c.interface} known={!!d.interface} />}
        </Read>
      )}
    </Container>
  )
}

function State({ of, known }: { of: Schemas['Coverage']; known: boolean }): ReactNode {
  const [type, word] = states[of.state]
  return (
    <KeyValuePairs
      columns={4} minColumnWidth={210}
      items={[
        { label: 'State', value: <><StatusIndicator type={type}>{word}</StatusIndicator><div className="mw-quiet mw-fine">since <Time at={of.changed} label /></div></> },
        ...(known ? [] : [{ label: 'Heard under', value: <>VNI {of.vni}<div className="mw-quiet mw-fine">whose interface it is, no inventory has said</div></> }]),
        ...(of.reason ? [{ label: 'Why', value: <Wire whole>{of.reason}</Wire> }] : []),
        ...(of.fix ? [{ label: 'What would change it', value: <Wire whole>{of.fix}</Wire> }] : []),
        ...(of.packets !== undefined ? [{ label: 'Packets', value: <>{digits(of.packets)}{of.last_seen && <div className="mw-quiet mw-fine">the last at <Time at={of.last_seen} label /></div>}</> }] : []),
        { label: 'All interfaces', value: <Go to="/coverage" query={{ vpc: of.vpc }}>{of.vpc ? 'Coverage of its VPC' : 'Coverage of all'}</Go> },
      ]}
    />
  )
}
