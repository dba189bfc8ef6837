// A metric in little: its shape, what it came to, and whether it left its range.
import type { ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import { valueText } from '../../charts/scale'
import type { Span } from '../../state/span'
import { useZone, written } from '../../state/zone'
import { visible } from '../../ui/Wire'
import { useSeries, type Expect, type Series } from './data'
import { sparkOf } from './spark'

interface Props {
  id: string
  metric: Schemas['Metric']
  span: Span
  expect: Expect
  chosen: boolean
  choose: () => void
}

const size = { width: 150, height: 34 }

export function Small({ id, metric, span, expect, chosen, choose }: Props): ReactNode {
  const series = useSeries(id, metric.name, span, expect)
  const s = series.data
  return (
    <li>
      <button type="button" className="mw-metric" aria-pressed={chosen} onClick={choose}>
        <span className="mw-metric-title">{visible(metric.title, 80)}</span>
        {s && <Shape of={s} span={span} expect={expect} />}
        <span className="mw-fine">{s ? <Words of={s} unit={metric.unit} expect={expect} /> : series.state === 'failed' ? 'Cannot be read just now' : '…'}</span>
      </button>
    </li>
  )
}

function Shape({ of, span, expect }: { of: Series; span: Span; expect: Expect }): ReactNode {
  const { line, dots, band } = sparkOf(of, of[expect]?.band ?? [], span, size)
  return (
    <svg {...size} viewBox={`0 0 ${size.width} ${size.height}`} aria-hidden="true" focusable="false">
      {band && <path className="mw-range" d={band} />}
      {line && <path className="mw-seen" d={line} />}
      {dots.map((d) => <circle key={d.x} className="mw-dot" cx={d.x} cy={d.y} r={2} />)}
    </svg>
  )
}

function Words({ of, unit, expect }: { of: Series; unit: string; expect: Expect }): ReactNode {
  const [zone] = useZone()
  const most = Math.max(0, ...of.points.map((p) => p.value))
  const left = of[expect]?.left
  return (
    <>
      {of.points.length === 0 ? 'nothing observed' : `most: ${valueText(most, unit)}${unit === 'bytes' ? '' : ` ${unit}`}`}
      {left && <b className="mw-left-range"> left its range {written(Date.parse(left), zone).slice(5, 16)}</b>}
    </>
  )
}
