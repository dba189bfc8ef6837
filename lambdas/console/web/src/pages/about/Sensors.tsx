import StatusIndicator from '@cloudscape-design/components/status-indicator'
import Table from '@cloudscape-design/components/table'
import type { ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import { Time, useZoneLabel } from '../../ui/Time'
import { Wire } from '../../ui/Wire'
import { digits } from '../../ui/number'

type Health = Schemas['SensorHealth']

/** How the sensors fare, those that are ill first. */
export function Sensors({ of }: { of: Health[] }): ReactNode {
  const zone = useZoneLabel()
  return (
    <Table
      variant="borderless" cellVerticalAlign="top" wrapLines items={[...of].sort((a, b) => Number(a.healthy) - Number(b.healthy) || a.sensor.localeCompare(b.sensor, 'en'))} trackBy="sensor" ariaLabels={{ tableLabel: 'Sensors' }}
      columnDefinitions={[
        { id: 'sensor', header: 'Sensor', isRowHeader: true, minWidth: 140, cell: (h) => <Wire length={64}>{h.sensor}</Wire> },
        { id: 'health', header: 'Health', minWidth: 260, cell: (h) => <Well of={h} /> },
        { id: 'since', header: `Since (${zone})`, minWidth: 180, cell: (h) => <Time at={h.since} /> },
        { id: 'packets', header: 'Packets', minWidth: 110, cell: (h) => digits(h.packets) },
        { id: 'drops', header: 'Dropped', minWidth: 130, cell: (h) => dropped(h) },
        { id: 'waiting', header: 'Waiting', minWidth: 90, cell: (h) => digits(h.waiting) },
      ]}
    />
  )
}

function Well({ of: h }: { of: Health }): ReactNode {
  if (h.healthy) return <StatusIndicator type="success">Well</StatusIndicator>
  return <StatusIndicator type="error">{h.reason ? <Wire length={300}>{h.reason}</Wire> : 'Not well, and it does not say why'}</StatusIndicator>
}

/** What was thrown away, and which share that is. */
export function dropped(h: Pick<Health, 'packets' | 'drops'>): string {
  if (h.drops === 0) return 'None'
  const share = (100 * h.drops) / (h.packets + h.drops)
  return `${digits(h.drops)} (${share < 0.01 ? 'under 0.01' : share.toFixed(2)} %)`
}
