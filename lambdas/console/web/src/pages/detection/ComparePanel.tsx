// The behaviour of a participant beside its own past, or beside its peers.
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import Select from '@cloudscape-design/components/select'
import { useMemo, type ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import type { Reading } from '../../api/read'
import type { Detection } from '../../api/names'
import { BandChart } from '../../charts/BandChart'
import { useView } from '../../state/url'
import { Read } from '../../ui/Panel'
import { visible, Wire } from '../../ui/Wire'
import { KeptPanel } from './KeptPanel'
import { useComparison, useMetric, useMetrics } from './read'
import { plain } from './words'

type Metric = Schemas['MetricComparison']
type Against = 'own_past' | 'peer_group'

const against: Record<Against, string> = { own_past: 'Its own past', peer_group: 'Its peer group' }

export function ComparePanel({ d }: { d: Detection }): ReactNode {
  const [query, change] = useView()
  const comparison = useComparison(d, query.device)
  const c = comparison.data
  const names = useMetrics(c?.device, c?.from, c?.to)
  const chosen = query.metric ?? c?.metrics[0]?.metric
  const here = c?.metrics.find((m) => m.metric === chosen)
  const other = useMetric(d, query.device, c && chosen && !here ? chosen : undefined)
  const side: Against = query.against === 'peer_group' ? 'peer_group' : 'own_past'
  const title = (name: string) => names.data?.items.find((m) => m.name === name)?.title ?? plain(name)
  const whole: Reading<Schemas['Comparison']> = here || !chosen ? comparison : { ...other, data: other.data ?? undefined }
  return (
    <KeptPanel
      title={chosen ? `Compare behaviours: ${title(chosen)}` : 'Compare behaviours'}
      description={c && <>What <Wire length={60}>{called(d, c.device)}</Wire> did around this detection</>}
      of={comparison.state === 'ready' || comparison.state === 'stale' ? { ...whole, data: whole.data && { ...whole.data, complete: true } } : comparison}
      lines={6}
      absent="Nothing is known of the behaviour of who takes part: metrics are kept of devices within the local networks, and for as long as the parameters say."
      empty={(x) => (x.metrics.length === 0 ? 'Nothing was measured of this device around the detection. Metrics are kept by the minute of devices within the local networks.' : undefined)}
      actions={
        <div className="mw-det-actions">
          <Devices d={d} now={c?.device} set={(device) => change({ device, metric: undefined })} />
          {chosen && <Metrics now={chosen} title={title} of={[...(c?.metrics.map((m) => m.metric) ?? []), ...(names.data?.items.map((m) => m.name) ?? [])]} set={(metric) => change({ metric })} />}
          <SegmentedControl selectedId={side} onChange={(e) => change({ against: e.detail.selectedId === 'own_past' ? undefined : e.detail.selectedId })} label="Compared with" options={Object.entries(against).map(([id, text]) => ({ id, text }))} />
        </div>
      }
    >
      {(x) => <Chart m={x.metrics.find((m) => m.metric === chosen)} side={side} d={d} c={x} title={title} />}
    </KeptPanel>
  )
}

function Chart({ m, side, d, c, title }: { m?: Metric; side: Against; d: Detection; c: Schemas['Comparison']; title: (name: string) => string }): ReactNode {
  const e = m?.[side]
  const drawn = useMemo(() => ({
    points: (m?.points ?? []).map((p) => ({ time: Date.parse(p.time), value: p.value })),
    band: (e?.band ?? []).map((b) => ({ ...b, time: Date.parse(b.time) })),
  }), [m, e])
  if (!m) return <Read of={{ state: 'loading', since: 0, refreshing: true, again: () => {} }}>{() => null}</Read>
  return (
    <>
      {e?.state === 'warming_up' && <p className="mw-det-warming">{against[side]} says nothing yet{e.why ? <>: <Wire>{e.why}</Wire></> : ''}. What was seen is drawn without a range.</p>}
      {!e && <p className="mw-det-warming">There is no {against[side].toLowerCase().replace('its ', '')} to compare this with.</p>}
      <BandChart
        label={`${title(m.metric)} of ${visible(called(d, c.device), 60)}`}
        {...drawn}
        step={m.step_seconds * 1000}
        unit={m.unit}
        left={e?.left ? Date.parse(e.left) : undefined}
        basis={e?.basis ? visible(e.basis, 100) : undefined}
        from={Date.parse(c.from)}
        to={Date.parse(c.to)}
        during={{ from: Date.parse(d.start), to: Date.parse(d.end ?? d.update), text: 'This detection' }}
      />
    </>
  )
}

function Devices({ d, now, set }: { d: Detection; now?: string; set: (device: string) => void }): ReactNode {
  const devices = [...new Set((d.participants ?? []).map((p) => p.device).filter((x): x is string => !!x))].slice(0, 50)
  if (devices.length < 2 || !now) return null
  return <Select ariaLabel="Whose behaviour" selectedOption={{ value: now, label: visible(called(d, now), 40) }} options={devices.map((v) => ({ value: v, label: visible(called(d, v), 40), description: roleOf(d, v) }))} onChange={(e) => set(e.detail.selectedOption.value ?? now)} expandToViewport />
}

function Metrics({ of, now, title, set }: { of: string[]; now: string; title: (name: string) => string; set: (m: string) => void }): ReactNode {
  return <Select ariaLabel="Metric" selectedOption={{ value: now, label: title(now) }} options={[...new Set(of)].map((v) => ({ value: v, label: title(v) }))} onChange={(e) => set(e.detail.selectedOption.value ?? now)} expandToViewport />
}

const find = (d: Detection, device: string) => (d.participants ?? []).find((p) => p.device === device)
const called = (d: Detection, device: string) => find(d, device)?.hostname || find(d, device)?.address || device
const roleOf = (d: Detection, device: string) => find(d, device)?.role
