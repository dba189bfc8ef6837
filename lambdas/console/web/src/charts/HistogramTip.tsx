// What is said of the bar below the pointer, or beside the handle that has the focus.
import type { ReactNode } from 'react'
import type { Zone } from '../state/zone'
import { digits } from '../ui/number'
import type { HistogramProps } from './Histogram'
import { edgeOf, sum, xOf, type Frame } from './histogram'
import { stretch } from './moment'

interface Props extends HistogramProps {
  frame: Frame
  bar: number
  zone: Zone
}

export function Tip({ frame, bar, bars, series, noun, gaps, gapWord, zone }: Props): ReactNode {
  const from = edgeOf(frame, bar)
  const to = edgeOf(frame, bar + 1)
  const counts = bars.find((b) => Math.round((b.start - frame.from) / frame.step) === bar)?.counts ?? []
  const blind = sum(counts) === 0 && gaps?.some((g) => g.from <= from && g.to >= to)
  const x = (xOf(frame, from) + xOf(frame, to)) / 2
  const right = x > frame.area.left + frame.area.width / 2
  return (
    <div className="mw-tip" aria-hidden="true" style={right ? { right: `calc(100% - ${x - 14}px)` } : { left: x + 14 }}>
      {stretch(from, to, zone, frame.step)}
      <b>{`${digits(sum(counts))} ${sum(counts) === 1 ? noun[0] : noun[1]}`}</b>
      {series.length > 1 && series.map((s, i) => ({ ...s, count: counts[i] ?? 0 })).reverse().filter((s) => s.count > 0).map((s) => (
        <span key={s.label}>
          <svg width="11" height="11"><rect className={`mw-histbar ${s.className}`} x="0.5" y="0.5" width="10" height="10" rx="2" /></svg>
          {s.label} {digits(s.count)}
        </span>
      ))}
      {blind && <span>{gapWord}</span>}
    </div>
  )
}
