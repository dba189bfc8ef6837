// Records by time, with the brush that narrows the list.
import Button from '@cloudscape-design/components/button'
import type { ReactNode } from 'react'
import { api, told, type Schemas } from '../../api/client'
import { useRead, type Reading } from '../../api/read'
import { Histogram } from '../../charts/Histogram'
import { useZone, written, zoneLabel } from '../../state/zone'
import { Read } from '../../ui/Panel'
import { bodyOf, type Asked, type Stretch } from './asked'

const bars = 80

/** Counts the records by time, over the whole span: the brush narrows the list, not the chart. */
export function useChart(a: Asked, when: boolean): Reading<Schemas['Histogram']> {
  return useRead(
    ['record-histogram', a.query, a.kinds, a.span.from, a.span.to],
    (signal) => told(api.POST('/v1/records/histogram', { body: { ...bodyOf(a, a.span), buckets: bars }, signal })),
    { when: when && a.chart, keep: true, patience: Infinity },
  )
}

interface Props {
  of: Reading<Schemas['Histogram']>
  asked: Asked
  set: (c: Partial<Asked>) => void
}

export function Chart({ of, asked, set }: Props): ReactNode {
  const pick = (s: Stretch | undefined) => set({ pick: s })
  return (
    <>
      {asked.chart && (
        <Read of={of} lines={5}>
          {(h) => {
            const first = Date.parse(h.buckets[0]?.start ?? '')
            const step = h.step_seconds * 1000
            if (!Number.isFinite(first) || !(step > 0)) return null
            return (
              <Histogram
                label="Records by time" noun={['record', 'records']} from={first} to={first + step * h.buckets.length} step={step} height={96}
                series={[{ label: 'Records', className: 'mw-histbar-plain' }]} bars={h.buckets.map((b) => ({ start: Date.parse(b.start), counts: [b.count] }))}
                selection={asked.pick} onSelect={pick}
              />
            )
          }}
        </Read>
      )}
      <div className="mw-chart-foot">
        <Picked pick={asked.pick} clear={() => pick(undefined)} hint={asked.chart} />
        <Button variant="inline-link" ariaExpanded={asked.chart} onClick={() => set({ chart: !asked.chart })}>{asked.chart ? 'Hide the chart' : 'Show the chart'}</Button>
      </div>
    </>
  )
}

function Picked({ pick, clear, hint }: { pick?: Stretch; clear: () => void; hint: boolean }): ReactNode {
  const [zone] = useZone()
  if (!pick) return <span className="mw-quiet mw-small">{hint && 'Drag on the chart to select a time.'}</span>
  return (
    <span>
      Listed: {written(pick.from, zone)} – {written(pick.to, zone)} {zoneLabel(zone, pick.from)}{' '}
      <Button variant="inline-link" onClick={clear}>Clear the selection</Button>
    </span>
  )
}
