// A percentage over time. Its numbers are in a table below for who does not point.
import { useId, useState, type ReactNode } from 'react'
import { useZone, written, zoneLabel } from '../state/zone'
import { timeTicks } from './scale'
import { course, gaps, nearestTo, stretches, type Sample } from './trend'
import { useWidth } from './useWidth'
import './trend.css'

interface Props {
  label: string
  samples: readonly Sample[]
  from: number
  to: number
  step: number // ms between samples where nothing is missing
  text: (n: number) => string
}

const [height, left, right, top, bottom] = [180, 44, 12, 10, 36]

export function TrendChart({ label, samples, from, to, step, text }: Props): ReactNode {
  const [ref, width] = useWidth<HTMLDivElement>()
  const [zone] = useZone()
  const hatch = useId()
  const [pointed, point] = useState<Sample>()
  const x = (at: number) => left + ((at - from) / Math.max(1, to - from)) * (width - left - right)
  const y = (v: number) => top + (1 - v / 100) * (height - top - bottom)
  const runs = stretches(samples, step)
  const line = (run: readonly Sample[]) => run.map((s, i) => `${i === 0 ? 'M' : 'L'}${x(s.at).toFixed(1)} ${y(s.value).toFixed(1)}`).join('')
  return (
    <div ref={ref} className="mw-trend">
      <svg
        width={width} height={height} role="img" aria-label={`${label}: ${course(samples, text)}`}
        onPointerMove={(e) => point(nearestTo(samples, from + ((e.clientX - e.currentTarget.getBoundingClientRect().left - left) / Math.max(1, width - left - right)) * (to - from)))}
        onPointerLeave={() => point(undefined)}
      >
        <defs><pattern id={hatch} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V6" className="mw-trend-hatch" /></pattern></defs>
        {[0, 50, 100].map((v) => <g key={v}><path d={`M${left} ${y(v)}H${width - right}`} className="mw-trend-grid" /><text x={left - 6} y={y(v) + 4} className="mw-trend-text mw-trend-end">{v} %</text></g>)}
        {timeTicks(from, to, width - left - right, zone).map((t) => (
          <g key={t.at}><text x={x(t.at)} y={height - bottom + 16} className="mw-trend-text">{t.text}</text>{t.day && <text x={x(t.at)} y={height - bottom + 30} className="mw-trend-text">{t.day.slice(5)}</text>}</g>
        ))}
        {gaps(runs).map(([a, b]) => <rect key={a} x={x(a)} y={top} width={Math.max(0, x(b) - x(a))} height={height - top - bottom} fill={`url(#${hatch})`} />)}
        {runs.map((run) => run.length > 1
          ? <g key={run[0]?.at}><path d={`${line(run)}L${x(run.at(-1)?.at ?? 0)} ${y(0)}L${x(run[0]?.at ?? 0)} ${y(0)}Z`} className="mw-trend-area" /><path d={line(run)} className="mw-trend-line" /></g>
          : run.map((s) => <circle key={s.at} cx={x(s.at)} cy={y(s.value)} r={3} className="mw-trend-dot" />))}
        {pointed && <circle cx={x(pointed.at)} cy={y(pointed.value)} r={4} className="mw-trend-dot" />}
      </svg>
      <div className="mw-trend-tip" aria-hidden="true">{pointed ? `${written(pointed.at, zone)} ${zoneLabel(zone, pointed.at)}: ${text(pointed.value)}` : runs.length > 1 ? 'Hatched: nothing was counted' : ''}</div>
    </div>
  )
}
