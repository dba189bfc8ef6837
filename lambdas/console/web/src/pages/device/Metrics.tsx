// How a device behaves: its metrics, each beside the range that is expected of it, or beside another device.
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import Select from '@cloudscape-design/components/select'
import type { ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import type { Device } from '../../api/names'
import type { Reading } from '../../api/read'
import { BandChart } from '../../charts/BandChart'
import { nameOf } from '../../devices/device'
import type { Span } from '../../state/span'
import { useView } from '../../state/url'
import { DeviceLink } from '../../ui/Link'
import { Read } from '../../ui/Panel'
import { visible } from '../../ui/Wire'
import { Other } from './Other'
import { useDevice, useMetrics, useSeries, type Expect, type Series } from './data'
import { Small } from './Small'

type Metric = Schemas['Metric']

export function Metrics({ d, span }: { d: Device; span: Span }): ReactNode {
  const metrics = useMetrics(d.id, span)
  const [view, change] = useView()
  const expect: Expect = view.expect === 'peer_group' ? 'peer_group' : 'own_past'
  return (
    <Container
      header={
        <Header
          variant="h2" description="What it did in the time chosen above, beside what was to be expected"
          actions={
            <SegmentedControl
              label="What is expected of it" selectedId={expect} onChange={(e) => change({ expect: e.detail.selectedId === 'own_past' ? undefined : e.detail.selectedId })}
              options={[{ id: 'own_past', text: 'Its own past' }, { id: 'peer_group', text: 'Its peer group' }]}
            />
          }
        >
          Behaviour
        </Header>
      }
    >
      <Read of={metrics} lines={6} empty={(m) => (m.items.length === 0 ? 'Nothing was measured of it in this time. Choose a longer one above: it was last seen on the day that “What it is” names.' : undefined)}>
        {(m) => {
          const chosen = m.items.find((x) => x.name === view.metric) ?? m.items.find((x) => x.name === 'bytes_out') ?? m.items[0]
          return chosen && (
            <div className="mw-metrics">
              <Large d={d} metric={chosen} all={m.items} span={span} expect={expect} other={view.with} change={change} />
              <ul className="mw-plain mw-metric-list" aria-label="All metrics">
                {m.items.map((one) => <Small key={one.name} id={d.id} metric={one} span={span} expect={expect} chosen={one.name === chosen.name} choose={() => change({ metric: one.name })} />)}
              </ul>
            </div>
          )
        }}
      </Read>
    </Container>
  )
}

interface LargeProps {
  d: Device
  metric: Metric
  all: readonly Metric[]
  span: Span
  expect: Expect
  other: string | undefined // the id of the device to compare with
  change: (q: Record<string, string | undefined>) => void
}

function Large({ d, metric, all, span, expect, other, change }: LargeProps): ReactNode {
  const series = useSeries(d.id, metric.name, span, expect)
  const options = all.map((m) => ({ value: m.name, label: m.title }))
  return (
    <div>
      <div className="mw-metric-choice">
        <FormField label="Metric">
          <Select selectedOption={options.find((o) => o.value === metric.name) ?? null} options={options} filteringType="auto" filteringAriaLabel="Find a metric" onChange={(e) => change({ metric: e.detail.selectedOption.value })} />
        </FormField>
        <Other other={other} set={(id) => change({ with: id })} self={d.id} />
      </div>
      <Chart of={series} label={`${metric.title} of ${visible(nameOf(d), 60)}`} span={span} expect={expect} />
      {other && <Beside id={other} metric={metric} span={span} expect={expect} />}
    </div>
  )
}

/** The same metric of another device, over the same time. */
function Beside({ id, metric, span, expect }: { id: string; metric: Metric; span: Span; expect: Expect }): ReactNode {
  const found = useDevice(id, undefined)
  const device = found.data && 'device' in found.data ? found.data.device : undefined
  const series = useSeries(device?.id ?? id, metric.name, span, expect, device !== undefined)
  return (
    <section aria-label="The device it is compared with" className="mw-beside">
      <h3 className="mw-h3">{metric.title} of {device ? <DeviceLink id={device.id} name={nameOf(device)} address={device.address} /> : visible(id, 80)} <span className="mw-quiet mw-fine">on a scale of its own</span></h3>
      <Read of={found} lines={4}>
        {(f) => ('device' in f ? <Chart of={series} label={`${metric.title} of ${visible(nameOf(f.device), 60)}`} span={span} expect={expect} /> : <p className="mw-quiet">Several devices have this address: choose one by its id.</p>)}
      </Read>
    </section>
  )
}

interface ChartProps {
  of: Reading<Series>
  label: string
  span: Span
  expect: Expect
}

function Chart({ of, label, span, expect }: ChartProps): ReactNode {
  return (
    <Read of={of} lines={6}>
      {(s) => {
        const e = s[expect]
        return (
          <>
            {e?.state === 'warming_up' && <p className="mw-quiet">No range is expected yet: {visible(e.why ?? 'it is still being learnt')}.</p>}
            {!e && <p className="mw-quiet">{expect === 'peer_group' ? 'It has no peer group: no role, tag or network that it shares with enough others.' : 'Nothing is known of its past.'}</p>}
            <BandChart
              label={label} unit={s.unit} step={s.step_seconds * 1000} from={span.from} to={span.to}
              points={s.points.map((p) => ({ time: Date.parse(p.time), value: p.value }))}
              band={(e?.band ?? []).map((b) => ({ time: Date.parse(b.time), low: b.low, median: b.median, high: b.high }))}
              left={e?.left ? Date.parse(e.left) : undefined} basis={e?.basis}
            />
          </>
        )
      }}
    </Read>
  )
}
