// What is around the bars of the histogram: the axes, and the hatching of gaps.
import type { ReactNode } from 'react'
import { short } from '../ui/number'
import type { Zone } from '../state/zone'
import { xOf, type Frame, type Stretch } from './histogram'
import { aheadOf, timeTicks } from './ticks'

const apart = 90 // pixels that a label of the time axis needs

export function Axes({ frame, top, zone }: { frame: Frame; top: number; zone: Zone }): ReactNode {
  const { left, width, height } = frame.area
  const bottom = frame.area.top + height
  return (
    <>
      {[0, top / 2, top].map((n) => {
        const y = bottom - (n / top) * height
        return (
          <g key={n}>
            <line className={n === 0 ? 'mw-line mw-ground-line' : 'mw-line'} x1={left} x2={left + width} y1={y} y2={y} />
            <text x={left - 6} y={y + 4} textAnchor="end">{short(n)}</text>
          </g>
        )
      })}
      {timeTicks(frame.from, frame.to, Math.max(2, Math.floor(width / apart)), aheadOf(zone)).map((t) => {
        const x = xOf(frame, t.at)
        const anchor = x < left + 16 ? 'start' : x > left + width - 16 ? 'end' : 'middle'
        return (
          <g key={t.at}>
            <line className="mw-line mw-ground-line" x1={x} x2={x} y1={bottom} y2={bottom + 4} />
            <text x={x} y={bottom + 16} textAnchor={anchor}>{t.label}</text>
            {t.day && <text className="mw-day" x={x} y={bottom + 29} textAnchor={anchor}>{t.day}</text>}
          </g>
        )
      })}
    </>
  )
}

/** Hatching where nothing could have been counted: quiet, and not having looked, are not the same. */
export function Gaps({ frame, gaps, id }: { frame: Frame; gaps: readonly Stretch[]; id: string }): ReactNode {
  const shown = gaps.filter((g) => g.to > frame.from && g.from < frame.to)
  if (shown.length === 0) return null
  return (
    <>
      <defs>
        <pattern id={id} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <line className="mw-hatch" x1="0" y1="0" x2="0" y2="6" />
        </pattern>
      </defs>
      {shown.map((g) => {
        const x = xOf(frame, g.from)
        return <rect key={g.from} className="mw-gap" fill={`url(#${id})`} x={x} y={frame.area.top} width={Math.max(2, xOf(frame, g.to) - x)} height={frame.area.height} />
      })}
    </>
  )
}
