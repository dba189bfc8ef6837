import Header from '@cloudscape-design/components/header'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import type { ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import type { Reading } from '../../api/read'
import { digits } from '../../ui/number'
import { Read } from '../../ui/Panel'
import { Time, useZoneLabel } from '../../ui/Time'
import { Wire } from '../../ui/Wire'

type Health = Schemas['SensorHealth']

/** Of what came to a sensor, what it had to let go. */
export const dropped = (h: Pick<Health, 'packets' | 'drops'>): string => {
  if (h.drops === 0) return 'None'
  const share = (100 * h.drops) / Math.max(1, h.packets + h.drops)
  return `${digits(h.drops)} (${share < 0.01 ? 'under 0.01' : share.toFixed(2)} %)`
}

const columns = (zone: string): TableProps.ColumnDefinition<Health>[] => [
  { id: 'sensor', header: 'Sensor', isRowHeader: true, minWidth: 140, cell: (h) => <Wire length={80}>{h.sensor}</Wire> },
  { id: 'health', header: 'Health', minWidth: 200, cell: (h) => <span className="mw-wrap"><StatusIndicator type={h.healthy ? 'success' : 'error'}>{h.healthy ? 'Well' : 'Not well'}</StatusIndicator> {h.reason && <Wire length={300}>{h.reason}</Wire>}</span> },
  { id: 'since', header: `Runs since (${zone})`, minWidth: 170, cell: (h) => <Time at={h.since} /> },
  { id: 'packets', header: 'Packets', cell: (h) => digits(h.packets) },
  { id: 'drops', header: 'Dropped', cell: (h) => dropped(h) },
  { id: 'waiting', header: 'Waiting to be written', cell: (h) => digits(h.waiting) },
]

/** How the sensors fare. */
export function Sensors({ of }: { of: Reading<Schemas['Status']> }): ReactNode {
  const zone = useZoneLabel()
  return (
    <Read of={of} lines={4} empty={(s) => (s.sensors.length === 0 ? 'No sensor has told of itself. Start one, or see in its log why it does not reach the store.' : undefined)}>
      {(s) => (
        <Table
          variant="embedded" items={[...s.sensors].sort((a, b) => Number(a.healthy) - Number(b.healthy) || a.sensor.localeCompare(b.sensor))} trackBy="sensor" columnDefinitions={columns(zone)} ariaLabels={{ tableLabel: 'Sensors' }}
          header={<Header variant="h3" counter={`(${digits(s.sensors.length)})`}>Sensors</Header>}
        />
      )}
    </Read>
  )
}
